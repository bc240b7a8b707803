//! The C library pocketsphinx 5prealpha as Debian 12 ships it, opened while the process runs: a
//! machine without it still builds and starts, and the doctor can say what is missing.
//!
//! Functions and types: `pocketsphinx.h`, `ps_search.h`, `sphinxbase/{cmd_ln,err,feat,cmn,logmath}.h`.
//!
//! **Never here:** threads, turns, policy.
#![allow(unsafe_code, reason = "a C library; its decoders are only reached through `Decoder`")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use libloading::{Library, Symbol};

use super::SpeechError;

const POCKETSPHINX: &str = "libpocketsphinx.so.3";
const SPHINXBASE: &str = "libsphinxbase.so.3";
/// Cepstra per frame in every model this library can load.
pub(super) const CEPSTRA: usize = 13;

type Ps = *mut c_void;
type Seg = *mut c_void;

/// The functions used, valid as long as the libraries stay open: for good.
struct Functions {
    args: unsafe extern "C" fn() -> *const c_void,
    init: unsafe extern "C" fn(*mut c_void) -> Ps,
    free: unsafe extern "C" fn(Ps) -> c_int,
    set_lm_file: unsafe extern "C" fn(Ps, *const c_char, *const c_char) -> c_int,
    set_search: unsafe extern "C" fn(Ps, *const c_char) -> c_int,
    start_stream: unsafe extern "C" fn(Ps) -> c_int,
    start_utt: unsafe extern "C" fn(Ps) -> c_int,
    process_raw: unsafe extern "C" fn(Ps, *const i16, usize, c_int, c_int) -> c_int,
    end_utt: unsafe extern "C" fn(Ps) -> c_int,
    seg_iter: unsafe extern "C" fn(Ps) -> Seg,
    seg_next: unsafe extern "C" fn(Seg) -> Seg,
    seg_word: unsafe extern "C" fn(Seg) -> *const c_char,
    seg_frames: unsafe extern "C" fn(Seg, *mut c_int, *mut c_int),
    seg_prob: unsafe extern "C" fn(Seg, *mut i32, *mut i32, *mut i32) -> i32,
    get_feat: unsafe extern "C" fn(Ps) -> *mut Feat,
    get_logmath: unsafe extern "C" fn(Ps) -> *mut c_void,
    parse:
        unsafe extern "C" fn(*mut c_void, *const c_void, i32, *mut *mut c_char, i32) -> *mut c_void,
    free_config: unsafe extern "C" fn(*mut c_void) -> c_int,
    cmn_live_set: unsafe extern "C" fn(*mut c_void, *const f32),
    cmn_live_get: unsafe extern "C" fn(*mut c_void, *mut f32),
    logmath_exp: unsafe extern "C" fn(*mut c_void, c_int) -> f64,
}

/// The beginning of `feat_t`, as far as the cepstral mean is.
#[repr(C)]
struct Feat {
    refcount: c_int,
    name: *mut c_char,
    cepsize: i32,
    n_stream: i32,
    stream_len: *mut u32,
    window_size: i32,
    n_sv: i32,
    sv_len: *mut u32,
    subvecs: *mut *mut i32,
    sv_buf: *mut f32,
    sv_dim: i32,
    cmn: c_int,
    varnorm: i32,
    agc: c_int,
    compute_feat: *mut c_void,
    cmn_struct: *mut c_void,
}

/// One decoder; stays on the thread that made it.
pub(super) struct Decoder {
    ps: NonNull<c_void>,
    functions: &'static Functions,
    /// Where the model itself starts every caller.
    mean: [f32; CEPSTRA],
}

/// One word or silence of the best hypothesis; frames of 10 ms.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) word: String,
    pub(super) first: u32,
    pub(super) last: u32,
    /// 0..=1 once the utterance is over, 1 before.
    pub(super) posterior: f64,
    /// Mean over its frames: 0 where each fits the word's sounds best of all sounds, −16 in clear
    /// speech, −50 where the word is not what was said.
    pub(super) fit: f32,
}

/// Whether the library is here.
pub(super) fn available() -> Result<(), SpeechError> {
    functions().map(|_| ())
}

fn functions() -> Result<&'static Functions, SpeechError> {
    static OPENED: OnceLock<Result<Functions, SpeechError>> = OnceLock::new();
    OPENED.get_or_init(open_libraries).as_ref().map_err(Clone::clone)
}

fn open_libraries() -> Result<Functions, SpeechError> {
    let base = library(SPHINXBASE)?;
    let ps = library(POCKETSPHINX)?;
    // Once, before the first decoder: the library keeps one log for the whole process, and the option
    // `-logfn` of two decoders opened at once closes the same file twice.
    // SAFETY: both may be null, which silences the library's own log and its printing of options.
    unsafe {
        for name in ["err_set_callback", "err_set_logfp"] {
            let set: unsafe extern "C" fn(*mut c_void, *mut c_void) = symbol(base, name)?;
            set(ptr::null_mut(), ptr::null_mut());
        }
    }

    // SAFETY: each type is the declaration in the header named above, for this soname.
    unsafe {
        Ok(Functions {
            args: symbol(ps, "ps_args")?,
            init: symbol(ps, "ps_init")?,
            free: symbol(ps, "ps_free")?,
            set_lm_file: symbol(ps, "ps_set_lm_file")?,
            set_search: symbol(ps, "ps_set_search")?,
            start_stream: symbol(ps, "ps_start_stream")?,
            start_utt: symbol(ps, "ps_start_utt")?,
            process_raw: symbol(ps, "ps_process_raw")?,
            end_utt: symbol(ps, "ps_end_utt")?,
            seg_iter: symbol(ps, "ps_seg_iter")?,
            seg_next: symbol(ps, "ps_seg_next")?,
            seg_word: symbol(ps, "ps_seg_word")?,
            seg_frames: symbol(ps, "ps_seg_frames")?,
            seg_prob: symbol(ps, "ps_seg_prob")?,
            get_feat: symbol(ps, "ps_get_feat")?,
            get_logmath: symbol(ps, "ps_get_logmath")?,
            parse: symbol(base, "cmd_ln_parse_r")?,
            free_config: symbol(base, "cmd_ln_free_r")?,
            cmn_live_set: symbol(base, "cmn_live_set")?,
            cmn_live_get: symbol(base, "cmn_live_get")?,
            logmath_exp: symbol(base, "logmath_exp")?,
        })
    }
}

/// Opened once and never closed, so that its functions outlive every decoder.
fn library(name: &str) -> Result<&'static Library, SpeechError> {
    // SAFETY: Debian's library runs no code of its own when it is opened.
    let opened = unsafe { Library::new(name) };
    let library = opened.map_err(|_| SpeechError::package(name, "libpocketsphinx3"))?;
    Ok(Box::leak(Box::new(library)))
}

/// SAFETY: `T` must be the C declaration of `name`.
unsafe fn symbol<T: Copy + 'static>(
    library: &'static Library,
    name: &str,
) -> Result<T, SpeechError> {
    let found: Result<Symbol<'static, T>, _> = unsafe { library.get(name.as_bytes()) };
    found.map(|symbol| *symbol).map_err(|_| engine(format!("no function {name}")))
}

fn engine(fact: String) -> SpeechError {
    SpeechError::Engine { engine: "pocketsphinx", fact }
}

impl Decoder {
    /// Options as on the program's command line: `("-hmm", "/path")`. `mean`: the cepstrum every
    /// caller starts with where the model's own is of another kind of line.
    pub(super) fn open(
        options: &[(String, String)],
        mean: Option<[f32; CEPSTRA]>,
    ) -> Result<Decoder, SpeechError> {
        let functions = functions()?;
        let words = options.iter().flat_map(|(name, value)| [name, value]);
        let words: Vec<CString> = words.map(|word| c_string(word)).collect::<Result<_, _>>()?;
        let mut argv: Vec<*mut c_char> = words.iter().map(|w| w.as_ptr().cast_mut()).collect();

        // SAFETY: `argv` holds `argc` C strings, which the library copies; the decoder keeps its
        // own reference to the configuration.
        let ps = unsafe {
            let argc = argv.len() as i32;
            let config =
                (functions.parse)(ptr::null_mut(), (functions.args)(), argc, argv.as_mut_ptr(), 1);
            if config.is_null() {
                return Err(engine(format!("refuses the options {options:?}")));
            }
            let ps = (functions.init)(config);
            (functions.free_config)(config);
            ps
        };
        let Some(ps) = NonNull::new(ps) else {
            return Err(engine(format!("refuses the model {options:?}")));
        };
        let mut decoder = Decoder { ps, functions, mean: [0.0; CEPSTRA] };
        decoder.mean = mean.unwrap_or_else(|| decoder.live_mean());
        decoder.forget_caller();
        Ok(decoder)
    }

    /// Adds an n-gram search over the ARPA file of that name.
    pub(super) fn add_language_model(
        &mut self,
        name: &str,
        arpa: &Path,
    ) -> Result<(), SpeechError> {
        let path = c_string(&arpa.display().to_string())?;
        let name = c_string(name)?;
        // SAFETY: both strings live through the call.
        let done =
            unsafe { (self.functions.set_lm_file)(self.ps.as_ptr(), name.as_ptr(), path.as_ptr()) };
        succeeded(done, || format!("refuses the language model {}", arpa.display()))
    }

    /// Between utterances only.
    pub(super) fn choose(&mut self, name: &str) -> Result<(), SpeechError> {
        let c_name = c_string(name)?;
        // SAFETY: the string lives through the call.
        let done = unsafe { (self.functions.set_search)(self.ps.as_ptr(), c_name.as_ptr()) };
        succeeded(done, || format!("has no search {name}"))
    }

    pub(super) fn start(&mut self) -> Result<(), SpeechError> {
        // SAFETY: the decoder is alive as long as `self`.
        let done = unsafe { (self.functions.start_utt)(self.ps.as_ptr()) };
        succeeded(done, || "cannot start an utterance".into())
    }

    pub(super) fn hear(&mut self, samples: &[i16]) -> Result<(), SpeechError> {
        // SAFETY: pointer and length are one slice, read during the call only.
        let done = unsafe {
            let (data, len) = (samples.as_ptr(), samples.len());
            (self.functions.process_raw)(self.ps.as_ptr(), data, len, 0, 0)
        };
        succeeded(done.min(0), || "cannot take more sound".into())
    }

    pub(super) fn finish(&mut self) -> Result<(), SpeechError> {
        // SAFETY: the decoder is alive as long as `self`.
        let done = unsafe { (self.functions.end_utt)(self.ps.as_ptr()) };
        succeeded(done, || "cannot end the utterance".into())
    }

    /// The best hypothesis so far; after [`Decoder::finish`], the best there is.
    pub(super) fn segments(&mut self) -> Vec<Segment> {
        let mut found = Vec::new();
        // SAFETY: an iterator is valid until `seg_next` gives null, which frees it.
        unsafe {
            let mut seg = (self.functions.seg_iter)(self.ps.as_ptr());
            while !seg.is_null() {
                found.push(self.segment(seg));
                seg = (self.functions.seg_next)(seg);
            }
        }
        found
    }

    /// SAFETY: `seg` must be a live iterator of this decoder.
    unsafe fn segment(&self, seg: Seg) -> Segment {
        let f = self.functions;
        let (mut first, mut last) = (0, 0);
        let (mut acoustic, mut language, mut backed_off) = (0, 0, 0);
        unsafe {
            (f.seg_frames)(seg, &raw mut first, &raw mut last);
            let log = (f.seg_prob)(seg, &raw mut acoustic, &raw mut language, &raw mut backed_off);
            let posterior = (f.logmath_exp)((f.get_logmath)(self.ps.as_ptr()), log);
            let word = (f.seg_word)(seg);
            let word = if word.is_null() {
                String::new()
            } else {
                CStr::from_ptr(word).to_string_lossy().into_owned()
            };
            let (first, last) = (first.max(0) as u32, last.max(0) as u32);
            Segment {
                word,
                first,
                last,
                posterior,
                fit: fit(acoustic, last.saturating_sub(first) + 1),
            }
        }
    }

    /// Forgets the voice and line it adapted to and counts frames from zero again, which its 32 bits
    /// of samples ask for every few days; between utterances only.
    pub(super) fn forget_caller(&mut self) {
        // SAFETY: `Feat` is the beginning of the library's struct; the mean has `CEPSTRA` numbers.
        unsafe {
            let feat = (self.functions.get_feat)(self.ps.as_ptr());
            (self.functions.cmn_live_set)((*feat).cmn_struct, self.mean.as_ptr());
            (self.functions.start_stream)(self.ps.as_ptr());
        }
    }

    fn live_mean(&self) -> [f32; CEPSTRA] {
        let mut mean = [0.0; CEPSTRA];
        // SAFETY: as in `forget_caller`.
        unsafe {
            let feat = (self.functions.get_feat)(self.ps.as_ptr());
            (self.functions.cmn_live_get)((*feat).cmn_struct, mean.as_mut_ptr());
        }
        mean
    }
}

/// Scores out of the final lattice are 2¹⁰ times those of the search (`SENSCR_SHIFT`), and nothing
/// in between ever occurs.
fn fit(acoustic: i32, frames: u32) -> f32 {
    const SHIFTED: f32 = -1_000.0;

    let fit = acoustic as f32 / frames as f32;
    if fit < SHIFTED { fit / 1_024.0 } else { fit }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the only reference; nothing of the decoder is used afterwards.
        unsafe { (self.functions.free)(self.ps.as_ptr()) };
    }
}

fn c_string(text: &str) -> Result<CString, SpeechError> {
    CString::new(text).map_err(|_| engine(format!("{text:?} has a zero byte")))
}

fn succeeded(code: c_int, fact: impl FnOnce() -> String) -> Result<(), SpeechError> {
    if code < 0 { Err(engine(fact())) } else { Ok(()) }
}

"""Measures the Russian recogniser: language model, streaming decoding, word error rate.

usage: ru_score.py params WORKDIR             prints the -samprate and -cmninit lines of feat.params
       ru_score.py score MODEL DIR [-arg v…]  word error rates; arguments override decoder.args
"""

import ctypes
import glob
import math
import os
import random
import struct
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import ru_corpus
import ru_text

CHUNK = 2 * 160
DISCOUNT = 0.6


def params(work):
    """The mean cepstrum of the training audio, where live normalisation starts a call."""
    total, frames = [0.0] * 13, 0
    for path in sorted(glob.glob(work + "/feat/*/*.mfc"))[::10]:
        with open(path, "rb") as f:
            data = f.read()
        n = len(data) // 4 - 1
        order = "<" if struct.unpack("<i", data[:4])[0] == n else ">"
        values = struct.unpack(order + "%df" % n, data[4:])
        for i in range(13):
            total[i] += sum(values[i::13])
        frames += n // 13
    print("-samprate 8000")
    print("-cmninit " + ",".join("%.2f" % (t / frames) for t in total))


def write_arpa(path, sentences, vocabulary=(), order=3):
    """An n-gram model with absolute discounting and back-off; vocabulary words get unigrams."""
    counts = [Counter() for _ in range(order)]
    for s in sentences:
        words = ["<s>", *s.split(), "</s>"]
        for n in range(order):
            for i in range(len(words) - n):
                counts[n][tuple(words[i:i + n + 1])] += 1
    for w in vocabulary:
        counts[0][(w,)] += 1
    del counts[0][("<s>",)]
    total = sum(counts[0].values())
    prob = {g: c / total for g, c in counts[0].items()}
    prob[("<s>",)] = 1e-99
    backoff = {}
    for n in range(1, order):
        after = defaultdict(list)
        for g, c in counts[n].items():
            after[g[:-1]].append((g, c))
        for history, grams in after.items():
            seen = sum(c for _, c in grams)
            for g, c in grams:
                prob[g] = (c - DISCOUNT) / seen
            left = DISCOUNT * len(grams) / seen
            lower = 1 - sum(prob[g[1:]] for g, _ in grams)
            backoff[history] = left / max(lower, 1e-6)
    levels = [[g for g in prob if len(g) == n] for n in range(1, order + 1)]
    with open(path, "w", encoding="utf-8") as f:
        print("\\data\\", *("ngram %d=%d" % (n + 1, len(l)) for n, l in enumerate(levels)), sep="\n", file=f)
        for n, level in enumerate(levels):
            print("\n\\%d-grams:" % (n + 1), file=f)
            for g in sorted(level):
                tail = " %.4f" % math.log10(backoff.get(g, 1)) if n + 1 < order else ""
                print("%.4f %s%s" % (math.log10(prob[g]), " ".join(g), tail), file=f)
        print("\n\\end\\", file=f)


def write_dictionary(path, words):
    pronounced = ru_text.Phones().dictionary(words)
    with open(path, "w", encoding="utf-8") as f:
        for word, variants in sorted(pronounced.items()):
            for n, phones in enumerate(variants):
                print(word if n == 0 else "%s(%d)" % (word, n + 1), *phones, file=f)
    return set(pronounced)


class Decoder:
    """libpocketsphinx, fed 20 ms at a time as a call feeds it."""

    def __init__(self, model, lm, dictionary, extra):
        self.lib = ctypes.CDLL("libpocketsphinx.so.3")
        base = ctypes.CDLL("libsphinxbase.so.3")
        for name in ("ps_args", "ps_init", "ps_get_hyp"):
            getattr(self.lib, name).restype = ctypes.c_void_p
        base.cmd_ln_init.restype = ctypes.c_void_p
        args = {"-hmm": model, "-lm": lm, "-dict": dictionary, "-logfn": "/dev/null", **extra}
        flat = [x.encode() for pair in args.items() for x in pair]
        config = base.cmd_ln_init(None, ctypes.c_void_p(self.lib.ps_args()), 1,
                                  *[ctypes.c_char_p(x) for x in flat], None)
        self.ps = ctypes.c_void_p(self.lib.ps_init(ctypes.c_void_p(config)))
        if not self.ps:
            raise SystemExit("pocketsphinx refuses the model %s" % model)
        self.closing = 0.0

    def hear(self, sound):
        self.lib.ps_start_utt(self.ps)
        for i in range(0, len(sound), CHUNK):
            part = sound[i:i + CHUNK]
            self.lib.ps_process_raw(self.ps, part, ctypes.c_size_t(len(part) // 2), 0, 0)
        start = time.monotonic()
        self.lib.ps_end_utt(self.ps)
        said = self.lib.ps_get_hyp(self.ps, None)
        self.closing = time.monotonic() - start
        return ctypes.string_at(said).decode() if said else ""


def errors(said, heard):
    said, heard = said.split(), heard.split()
    row = list(range(len(heard) + 1))
    for i, a in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def decoder_args(model, overrides):
    result = {}
    path = model + "/decoder.args"
    if os.path.exists(path):
        with open(path) as f:
            result.update(line.split() for line in f if line.startswith("-"))
    result.update(zip(overrides[::2], overrides[1::2]))
    return result


def test_sets():
    """name -> which language model it needs, [(text, sound)]

    Every set is heard as one call, except "alone": there each sentence opens a call of its own,
    at a random level.
    """
    sets = {}

    def phone(command, band, noise=None):
        sound = ru_corpus.band_limited(command, band=band)
        dice = random.Random(len(sound))
        if noise:
            return ru_corpus.telephone(sound, dice, noise, noise is alone)
        pad = bytes(2 * ru_corpus.PAD)
        sound = pad + ru_corpus.audioop.mul(sound, 2, 0.5) + pad
        return ru_corpus.audioop.ulaw2lin(ru_corpus.audioop.lin2ulaw(sound, 2), 2)

    babble = {"babble": ru_corpus.noise("babble")}
    alone = {"pink": ru_corpus.noise("pink")}
    texts = ru_text.held_out()
    with ThreadPoolExecutor(2) as pool:
        for voice in ru_corpus.HELD_OUT_VOICES:
            for kind, band, noise in (("300-3400", True, None), ("0-4000", False, None), ("babble", True, babble),
                                      ("alone", True, alone)):
                sounds = pool.map(lambda t: phone(ru_corpus.spoken(t, voice), band, noise), texts)
                sets["%s %s" % (voice, kind)] = ("domain", list(zip(texts, sounds)))
        every = ru_text.recordings()
        names = ru_text.held_out_recordings()
        sounds = pool.map(lambda n: phone(["cat", "%s/wav/%s.wav" % (ru_text.RECORDINGS, n)], True), names)
        said = [" ".join(w for p in every[n] for w in p) for n in names]
        sets["30 recordings"] = ("book", list(zip(said, sounds)))
    return sets


def score(model, directory, overrides):
    os.makedirs(directory, exist_ok=True)
    templates = ru_text.Templates(11)
    phrases = templates.sentences(60)
    lm = {k: "%s/%s.arpa" % (directory, k) for k in ("domain", "book")}
    dic = {k: "%s/%s.dic" % (directory, k) for k in ("domain", "book")}
    every, held = ru_text.recordings(), ru_text.held_out_recordings()
    book = [" ".join(p) for name, phrases_ in every.items() if name not in held for p in phrases_]
    book_words = {w for phrases_ in every.values() for p in phrases_ for w in p}
    domain_words = templates.everything()
    domain_words += [w for w in sorted(book_words) if w not in domain_words][::9]
    write_arpa(lm["domain"], phrases, write_dictionary(dic["domain"], domain_words))
    write_arpa(lm["book"], book, write_dictionary(dic["book"], book_words))
    extra = decoder_args(model, overrides)
    for name, (kind, pairs) in test_sets().items():
        heard, closing, spent, decoder = [], [], 0.0, None
        for _, sound in pairs:
            if decoder is None or name.endswith("alone"):
                decoder = Decoder(model, lm[kind], dic[kind], extra)
            start = time.process_time()
            heard.append(decoder.hear(sound))
            spent += time.process_time() - start
            closing.append(decoder.closing)
        wrong = sum(errors(s, h) for (s, _), h in zip(pairs, heard))
        words = sum(len(s.split()) for s, _ in pairs)
        exact = sum(s == h for (s, _), h in zip(pairs, heard))
        audio = sum(len(sound) for _, sound in pairs) / 2 / ru_corpus.RATE
        print("%-16s %5.1f %% of %d words wrong, %d of %d exact, %.3f of real time, last result after %d ms"
              % (name, 100 * wrong / words, words, exact, len(pairs), spent / audio,
                 1000 * sorted(closing)[len(pairs) // 2]), flush=True)
        with open("%s/%s.txt" % (directory, name.replace(" ", "-")), "w", encoding="utf-8") as f:
            for (s, _), h in zip(pairs, heard):
                print("=" if s == h else "x", s, "|", h, file=f)


def main():
    if sys.argv[1] == "params":
        params(sys.argv[2])
    else:
        score(sys.argv[2], sys.argv[3], sys.argv[4:])


if __name__ == "__main__":
    main()

#!/bin/sh
# Trains the Russian telephone-band recogniser in ./ru and measures it.
#
#   train-ru.sh [WORKDIR]     as root on Debian 12
#
# Sizes, by environment:  REAL_COPIES (copies of each real recording: the first clean, every other
# one noisy, all but the first faster or slower),
# SYNTHETIC (synthetic utterances), NOISY (percent of them over noise), SNR_LEAST (of that noise, in dB), PER_TEMPLATE (sentences per template), SENONES, GAUSSIANS.
# KEEP=1 leaves ./ru alone: the model stays in WORKDIR/ru.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work"
work=$(cd "$work" && pwd)
export SENONES="${SENONES:-500}" GAUSSIANS="${GAUSSIANS:-8}"
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }

say "1/5 packages"
needed="sphinxtrain sphinxbase-utils pocketsphinx libpocketsphinx3 festvox-ru espeak-ng sox python3 perl"
missing=
for p in $needed; do
    dpkg -s "$p" 2>/dev/null | grep -q '^Status: install ok' || missing="$missing $p"
done
if [ -n "$missing" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
fi

say "2/5 corpus, in $work"
python3 "$here/ru_corpus.py" "$work"

say "3/5 training: $SENONES senones, $GAUSSIANS gaussians"
# The packaged sphinxtrain looks for programs and scripts in one directory; Debian has two.
merged=$work/lib/sphinxtrain
rm -rf "$work/lib" "$work/bin"
mkdir -p "$merged" "$work/bin"
ln -s /usr/lib/sphinxtrain/* "$merged/"
ln -s /usr/lib/*-linux-gnu/sphinxtrain/* "$merged/"
ln -s /usr/bin/sphinx_fe "$merged/"
cp /usr/bin/sphinxtrain "$work/bin/"
export PERL_USE_UNSAFE_INC=1

cd "$work"
python3 bin/sphinxtrain -t ru setup >setup.log
set_to() { sed -i "s|^\(\$$1\) *=.*|\1 = $2;|" etc/sphinx_train.cfg; }
set_to CFG_WAVFILE_SRATE 8000.0
set_to CFG_NUM_FILT 20
set_to CFG_LO_FILT 250
set_to CFG_HI_FILT 3500
set_to CFG_N_TIED_STATES "$SENONES"
set_to CFG_NPART 2
set_to CFG_QUEUE_TYPE '"Queue::POSIX"'
sed -i "s|^\( *\$CFG_FINAL_NUM_DENSITIES\) = 8;|\1 = $GAUSSIANS;|" etc/sphinx_train.cfg
rm -rf feat model_parameters model_architecture bwaccumdir trees qmanager logdir ru.html
stages=comp_feat,verify,ci_hmm,cd_hmm_untied,buildtrees,prunetree,cd_hmm_tied
python3 bin/sphinxtrain -s "$stages" run >train.log 2>&1 || {
    tail -n 30 train.log >&2
    exit 1
}

say "4/5 model"
model=$work/model_parameters/ru.cd_cont_$SENONES
out=$work/ru
rm -rf "$out"
mkdir "$out"
pocketsphinx_mdef_convert -bin "$model/mdef" "$out/mdef" >mdef.log 2>&1
for f in means variances mixture_weights transition_matrices noisedict feat.params; do
    cp "$model/$f" "$out/"
done
python3 "$here/ru_score.py" params "$work" >>"$out/feat.params"
cp "$here"/ru/phones.txt "$here"/ru/words.txt "$out/"
cp "$here"/ru/decoder.args "$out/" 2>/dev/null || :
du -sh "$out"

say "5/5 measuring"
python3 "$here/ru_score.py" score "$out" "$work/score"

if [ -z "${KEEP:-}" ]; then
    cp "$out"/* "$here/ru/"
    say "written to $here/ru"
fi
say "done"

"""Builds the training corpus: telephone-band audio, transcripts, dictionary, lists.

usage: ru_corpus.py WORKDIR     sizes come from the environment, see train-ru.sh
"""

import os
import random
import subprocess
import sys
import warnings
import wave
from concurrent.futures import ThreadPoolExecutor

import ru_text

warnings.simplefilter("ignore", DeprecationWarning)
import audioop  # leaves Python with 3.13; Debian 12 has 3.11

RATE = 8000
BAND = ["sinc", "300-3400"]
PAD = RATE * 3 // 10

# Never heard in training: f5 and steph are the test callers, m7 a third unseen voice, and
# steph2, steph3 differ from steph too little to be strangers.
HELD_OUT_VOICES = ["f5", "steph", "m7"]
VOICES = """adam Alex Alicia Andrea Andy Annie AnxiousAndy anika antonio aunty belinda benjamin boris
caleb david Denis Diogo ed edward edward2 f1 f2 f3 f4 Gene Gene2 grandma grandpa gustave Henrique
Hugo iven iven2 iven3 iven4 Jacky john kaukovalta klatt klatt2 klatt3 klatt4 Lee linda m1 m2 m3 m4
m5 m6 m8 marcelo Marco Mario max Michael michel miguel Mike Nguyen norbert pablo paul pedro quincy
rob robert sandro shelby Storm travis victor zac""".split()


def size(name, default):
    return int(os.environ.get(name, default))


def band_limited(command, effects=(), band=True):
    """Output of a shell-less pipe `command | sox`, as 8 kHz samples."""
    source = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    sox = subprocess.run(["sox", "-R", "-V1", "-t", "wav", "--ignore-length", "-", "-t", "raw", "-e", "signed",
                          "-b", "16", "-c", "1", "-r", str(RATE), "-", "norm", "-3", *effects]
                         + (BAND if band else []),
                         stdin=source.stdout, capture_output=True, check=True)
    source.stdout.close()
    source.wait()
    return sox.stdout


def spoken(text, voice, speed=175, pitch=50, gap=0):
    return ["espeak-ng", "-v", "ru+" + voice, "-s", str(speed), "-p", str(pitch), "-g", str(gap),
            "--stdout", text]


def noise(kind, seconds=40):
    if kind == "babble":
        templates, dice = ru_text.Templates(77), random.Random(77)
        sound = bytes(2 * RATE * seconds)
        for voice in dice.sample(VOICES, 6):
            talk = " ".join(templates.sentences(1)[dice.randrange(20):][:60])
            talk = (band_limited(spoken(talk, voice)) * 9)[:len(sound)]
            sound = audioop.add(sound, audioop.mul(talk, 2, 0.15), 2)
        return sound
    return band_limited(["sox", "-R", "-n", "-r", str(RATE), "-t", "wav", "-", "synth", str(seconds), kind + "noise"])


def telephone(sound, dice, noises, quiet):
    """Silence around, level as it happens on lines, noise, then mu-law there and back."""
    sound = bytes(2 * PAD) + sound + bytes(2 * PAD)
    level = dice.uniform(0.15, 0.9)
    sound = audioop.mul(sound, 2, level)
    kind, snr = None, 0
    if not quiet:
        kind, snr = dice.choice(sorted(noises)), dice.uniform(size("SNR_LEAST", 15), 25)
    elif dice.random() < 0.5:
        kind, snr = "pink", dice.uniform(35, 50)
    if kind:
        bed = noises[kind]
        start = 2 * dice.randrange(len(bed) // 2)
        bed = ((bed[start:] + bed) * (len(sound) // len(bed) + 1))[:len(sound)]
        bed = audioop.mul(bed, 2, audioop.rms(sound, 2) / max(1, audioop.rms(bed, 2)) / 10 ** (snr / 20))
        sound = audioop.add(sound, bed, 2)
    return audioop.ulaw2lin(audioop.lin2ulaw(sound, 2), 2)


def write_wav(path, sound):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with wave.open(path, "wb") as f:
        f.setparams((1, 2, RATE, 0, "NONE", ""))
        f.writeframes(sound)


class Corpus:
    def __init__(self, work):
        self.work, self.jobs, self.transcripts = work, [], []
        self.phones = ru_text.Phones()
        self.dictionary = {}

    def word(self, word, phones):
        """The dictionary entry, made when new, that says this word with these phones."""
        variants = self.dictionary.setdefault(word, [])
        if phones not in variants:
            variants.append(phones)
        n = variants.index(phones)
        return word if n == 0 else "%s(%d)" % (word, n + 1)

    def add(self, name, words, make):
        self.transcripts.append((name, words))
        self.jobs.append((name, make))

    def real(self, copies):
        base_words = {w for phrases in ru_text.recordings().values() for p in phrases for w in p}
        base = self.phones.dictionary(base_words)
        every = ru_text.recordings()
        pieces = [" ".join(p) for phrases in every.values() for p in phrases]
        spoken_as = dict(zip(pieces, self.phones.sentences(pieces)))
        held_out = ru_text.held_out_recordings()
        for name, phrases in every.items():
            if name in held_out:
                continue
            words = []
            for phrase in phrases:
                found = spoken_as[" ".join(phrase)] or [None] * len(phrase)
                for i, (word, phones) in enumerate(zip(phrase, found)):
                    if word in self.phones.words:
                        after = phrase[i + 1] if i + 1 < len(phrase) else ""
                        phones = ru_text.in_context(word, after, base[word])
                    words.append(self.word(word, ru_text.softened(word, phones or base[word][0])))
            for copy in range(copies):
                self.add("real/%s_%d" % (name, copy), words, self.real_maker(name, copy))

    def real_maker(self, name, copy):
        def make(dice, noises):
            path = "%s/wav/%s.wav" % (ru_text.RECORDINGS, name)
            effects = []
            if copy:
                effects = [dice.choice(["speed", "tempo"]), "%.3f" % dice.choice([0.92, 0.96, 1.04, 1.08])]
            return telephone(band_limited(["cat", path], effects), dice, noises, copy % 2 == 0)
        return make

    def synthetic(self, count, per_shape, dice):
        texts = ru_text.Templates(5).sentences(per_shape)
        dice.shuffle(texts)
        texts = (texts * (count // len(texts) + 1))[:count]
        base = self.phones.dictionary({w for t in texts for w in t.split()})
        for n, (text, found) in enumerate(zip(texts, self.phones.sentences(texts))):
            words = text.split()
            phones = found or [None] * len(words)
            marked = [self.word(w, p or base[w][0]) for w, p in zip(words, phones)]
            voice = VOICES[n % len(VOICES)]
            self.add("synthetic/%05d_%s" % (n, voice), marked, self.synthetic_maker(text, voice))

    def synthetic_maker(self, text, voice):
        def make(dice, noises):
            speed, pitch = dice.choice([125, 140, 155, 165, 175, 175, 190, 205]), dice.randint(30, 70)
            gap = dice.choice([0, 0, 0, 4])
            effects = ["speed", "%.3f" % dice.uniform(0.92, 1.1)] if dice.random() < 0.3 else []
            sound = band_limited(spoken(text, voice, speed, pitch, gap), effects)
            return telephone(sound, dice, noises, dice.random() * 100 >= size("NOISY", 50))
        return make

    def record(self):
        noises = {kind: noise(kind) for kind in ("white", "pink", "babble")}
        done = 0

        def one(job):
            name, make = job
            write_wav("%s/wav/%s.wav" % (self.work, name), make(random.Random(name), noises))

        with ThreadPoolExecutor(2) as pool:
            for _ in pool.map(one, self.jobs):
                done += 1
                if done % 500 == 0:
                    print("  audio: %d of %d" % (done, len(self.jobs)), flush=True)

    def write_lists(self):
        etc = self.work + "/etc"
        os.makedirs(etc, exist_ok=True)
        with open(etc + "/ru_train.fileids", "w") as ids, open(etc + "/ru_train.transcription", "w") as text:
            for name, words in self.transcripts:
                print(name, file=ids)
                print("<s> %s </s> (%s)" % (" ".join(words), name), file=text)
        with open(etc + "/ru.dic", "w") as f:
            for word in sorted(self.dictionary):
                for n, phones in enumerate(self.dictionary[word]):
                    print(word if n == 0 else "%s(%d)" % (word, n + 1), *phones, file=f)
        used = {p for v in self.dictionary.values() for phones in v for p in phones} | {"SIL"}
        unheard = set(self.phones.all()) - used
        if unheard:
            raise SystemExit("phones of ru/phones.txt without one training word: %s" % sorted(unheard))
        with open(etc + "/ru.phone", "w") as f:
            print(*sorted(used), sep="\n", file=f)
        with open(etc + "/ru.filler", "w") as f:
            print("<s> SIL\n</s> SIL\n<sil> SIL", file=f)
        open(etc + "/ru_test.fileids", "w").close()
        open(etc + "/ru_test.transcription", "w").close()


def main():
    corpus = Corpus(sys.argv[1])
    corpus.real(size("REAL_COPIES", 1))
    corpus.synthetic(size("SYNTHETIC", 2200), size("PER_TEMPLATE", 40), random.Random(3))
    # Training runs in two processes, each on half of the list: both halves get every kind.
    random.Random(4).shuffle(corpus.transcripts)
    corpus.write_lists()
    print("  %d utterances, %d words" % (len(corpus.jobs), len(corpus.dictionary)), flush=True)
    corpus.record()


if __name__ == "__main__":
    main()

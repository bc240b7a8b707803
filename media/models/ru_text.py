"""Words, phones and sentences of the Russian recogniser: the phone table, the phrase templates,
the transcripts of the real recordings. No audio here."""

import os
import random
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDINGS = "/usr/share/festival/voices/russian/msu_ru_nsh_clunits"
ESPEAK = ["espeak-ng", "-q", "-x", "-v", "ru", "--sep=_"]


VOICELESS = set("пктфсшщчцх")
VOICED = set("бдгзж")


def lines(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return [l.rstrip("\n") for l in f if l.strip() and l[0] != "#"]


def normal(text):
    return re.findall("[а-яё]+(?:-[а-яё]+)*", text.lower().replace("+", ""))


def softened(word, phones):
    """The phones with л and н before ь soft, as people say them (rule 7 of ru/phones.txt)."""
    result = list(phones)
    for letter, hard, soft in (("л", "L", "LJ"), ("н", "N", "NJ")):
        letters = [i for i, c in enumerate(word) if c == letter]
        places = [i for i, p in enumerate(phones) if p in (hard, soft)]
        if len(letters) == len(places):
            for i, place in zip(letters, places):
                if word[i + 1:i + 2] == "ь":
                    result[place] = soft
    return result


class Phones:
    """Pronunciations as the running recogniser makes them from ru/phones.txt and ru/words.txt."""

    def __init__(self):
        self.table, self.words = {}, {}
        for line in lines("ru/phones.txt"):
            mnemonic, *phones = line.split()
            self.table[mnemonic] = phones
        for line in lines("ru/words.txt"):
            word, *phones = line.split()
            self.words.setdefault(word, []).append(phones)

    def all(self):
        return sorted({p for phones in self.table.values() for p in phones})

    def parse(self, group):
        """One word of espeak-ng's output as phones, or None."""
        if "(" in group or not group.strip():
            return None
        pieces = []
        for piece in group.strip().split("_"):
            piece = piece.strip()
            if piece in (";", "I^") and pieces:
                pieces[-1] += piece
            elif piece:
                pieces.append(piece)
        phones = []
        for piece in pieces:
            found = self.table.get(piece, self.table.get(piece.lstrip("',%=")))
            if found is None:
                return None
            phones += found
        return phones or None

    def espeak(self, texts):
        out = subprocess.run(ESPEAK, input="\n".join(texts) + "\n", capture_output=True,
                             text=True, check=True).stdout.split("\n")[:-1]
        if len(out) != len(texts):
            raise SystemExit("espeak-ng answered %d lines for %d" % (len(out), len(texts)))
        return [o.strip() for o in out]

    def dictionary(self, words):
        """word -> pronunciations; words without one are left out."""
        result = {w: self.words[w] for w in words if w in self.words}
        rest = sorted(set(words) - set(result))
        for word, group in zip(rest, self.espeak(rest)):
            phones = None if " " in group else self.parse(group)
            if phones:
                soft = softened(word, phones)
                result[word] = [phones] if soft == phones else [phones, soft]
        return result

    def sentences(self, texts):
        """Per text, the phones espeak-ng gives each word inside that text (None if unclear)."""
        result = []
        for text, line in zip(texts, self.espeak(texts)):
            groups = line.split(" ")
            ok = len(groups) == len(text.split())
            result.append([self.parse(g) for g in groups] if ok else None)
        return result


def in_context(word, after, variants):
    """The variant of a one-letter preposition that the next word's first letter asks for."""
    first = after[:1]
    if word == "в" and first in VOICELESS:
        return ["F"]
    if word == "с" and first in VOICED:
        return ["Z"]
    if word == "к" and first in VOICED:
        return ["G"]
    return variants[0]


class Templates:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.slots, self.shapes = {}, []
        for line in lines("texts/domain.txt"):
            if line.startswith("@"):
                name, choices = line[1:].split(" ", 1)
                self.slots[name] = choices.split("|")
            elif line != "%%":
                self.shapes.append(line)
        self.fixed = [" ".join(normal(l)) for l in lines("texts/more.txt")]
        self.refused = {" ".join(normal(l)) for l in lines("texts/held-out.txt")}

    def fill(self, shape):
        while True:
            m = re.search(r"\[([^\[\]]*)\]|<([^<>]*)>", shape)
            if not m:
                return " ".join(normal(shape))
            choices = m[1].split("|") if m[1] is not None else self.slots[m[2]]
            shape = shape[:m.start()] + self.random.choice(choices) + shape[m.end():]

    def sentences(self, per_shape):
        """Different sentences: up to per_shape of each template, and the fixed phrases."""
        result = dict.fromkeys(s for s in self.fixed if s not in self.refused)
        for shape in self.shapes:
            for _ in range(per_shape):
                s = self.fill(shape)
                if s and s not in self.refused:
                    result[s] = None
        return list(result)

    def everything(self):
        """Every word a template can say."""
        text = " ".join(self.shapes + self.fixed + [c for v in self.slots.values() for c in v])
        return sorted(set(normal(re.sub(r"<[^<>]*>", " ", text))))


def held_out():
    return [" ".join(normal(l)) for l in lines("texts/held-out.txt")]


def held_out_recordings():
    """The 30 recordings never heard in training: every twentieth."""
    return sorted(recordings())[10::20][:30]


def recordings():
    """id -> phrases (lists of words between punctuation) of every real recording."""
    result = {}
    with open(RECORDINGS + "/etc/txt.done.data", encoding="utf-8") as f:
        for line in f:
            m = re.match(r'\( (\S+) "(.*)" \)', line)
            if m:
                text = m[2].replace("+", "")
                result[m[1]] = [p for p in (normal(s) for s in re.split(r"[,.!?:;()\"]| - ", text)) if p]
    return result

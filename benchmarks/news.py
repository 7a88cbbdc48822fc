"""Speed of the news reader on a megabyte of one article on the topic, of sentences all different, of other trades.

Run: python benchmarks/news.py
"""

import random
import re
import time
from datetime import date
from pathlib import Path

from chipgate.news.read import read_document

ON_TOPIC = """Washington barred sales of Nvidia's H20 to China in April, and lifted the ban in July. Regulators in
Beijing told technology companies last week to justify their orders in writing, people familiar with the matter said.
Nvidia agreed to pay 15 percent of its revenue from sales of the chip in China, and its shares rose 2 percent
on Tuesday.

"""
OFF_TOPIC = """The museum opens a wing for ceramics in May, and expects some 40,000 visitors in the first year. Tickets
cost 12 euros; the old rooms stay open through the summer, the director said on Tuesday, and the roof is mended by
October.

"""
SIZE = 1_000_000
ITEMS = Path(__file__).resolve().parent.parent / "tests" / "news" / "items"


def varied() -> str:
    """A megabyte of the sentences of the tests' items in random order, each with a word put in."""
    chance = random.Random(1)
    pages = [path.read_text(encoding="utf-8") for path in sorted(ITEMS.glob("*/*.txt"))]
    known = [s for page in pages for s in re.split(r"(?<=[.!?])\s+|\n+", page) if len(s.split()) > 6]
    paragraphs: list[str] = []
    size = 0
    while size < SIZE:
        sentences = []
        for _ in range(4):
            words = chance.choice(known).split()
            words.insert(chance.randrange(len(words)), chance.choice(["reportedly", "again", "then", "largely", "too"]))
            sentences.append(" ".join(words))
        paragraphs.append(" ".join(sentences))
        size += len(paragraphs[-1]) + 2
    return "\n\n".join(paragraphs)[:SIZE]


def repeated(text: str) -> str:
    return (text * (SIZE // len(text) + 1))[:SIZE]


def main() -> None:
    read_document(ON_TOPIC, published=date(2025, 9, 18))  # loads the lists
    texts = {"of one article": repeated(ON_TOPIC), "all different": varied(), "of other trades": repeated(OFF_TOPIC)}
    for name, long in texts.items():
        wall, work = time.perf_counter(), time.process_time()
        document = read_document(long, published=date(2025, 9, 18))
        wall, work = time.perf_counter() - wall, time.process_time() - work
        speed = f"{wall:.2f} s, {work:.2f} s of one core, {SIZE / 1e6 / wall:.2f} MB/s"
        print(f"1 MB {name}: {speed}, {len(document.events)} events")


if __name__ == "__main__":
    main()

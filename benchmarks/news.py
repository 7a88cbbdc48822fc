"""Speed of the news reader in MB/s, on a megabyte of articles on the topic and of articles of other trades.

Run: python benchmarks/news.py
"""

import time
from datetime import date

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


def main() -> None:
    read_document(ON_TOPIC, published=date(2025, 9, 18))  # loads the lists
    for name, text in (("on topic", ON_TOPIC), ("of other trades", OFF_TOPIC)):
        long = (text * (SIZE // len(text) + 1))[:SIZE]
        wall, work = time.perf_counter(), time.process_time()
        document = read_document(long, published=date(2025, 9, 18))
        wall, work = time.perf_counter() - wall, time.process_time() - work
        speed = f"{wall:.2f} s, {work:.2f} s of one core, {SIZE / 1e6 / wall:.2f} MB/s"
        print(f"1 MB {name}: {speed}, {len(document.events)} events")


if __name__ == "__main__":
    main()

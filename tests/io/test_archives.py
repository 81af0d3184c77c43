"""Zips and KMLs made to mislead: limits hold while reading, nothing outside is followed."""

from __future__ import annotations

import io as stdlib_io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from borderzone import io
from borderzone.errors import DataError, LimitError
from borderzone.io.formats.archives import member

if TYPE_CHECKING:
    from pathlib import Path

KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>all</name>
<Folder><name>north</name><Placemark><name>one</name><TimeStamp><when>2020-01-02</when></TimeStamp>
<ExtendedData><Data name="kind"><value>bomb</value></Data></ExtendedData>
<Point><coordinates>41,34,120</coordinates></Point></Placemark></Folder>
<Folder><name>south</name><Placemark><name>انفجار</name>
<Point><coordinates>42,35</coordinates></Point></Placemark>{more}</Folder>
<Placemark><name>three</name><Point><coordinates>42,36</coordinates></Point></Placemark>
</Document></kml>
"""
LINK = "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>"


def packed(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = stdlib_io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_the_one_wanted_file_is_read_and_litter_passed_over() -> None:
    content = packed({"a/b.csv": b"x", "__MACOSX/a/._b.csv": b"y", "readme.pdf": b"z"})
    assert member(content, {".csv"}, what="t") == ("b.csv", b"x")


def test_a_name_that_climbs_out_is_only_a_name(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "a.zip"
    file.write_bytes(packed({"../../evil.csv": b"x", "..\\evil.txt": b"y"}))
    assert member(file, {".csv"}, what="t").name == "evil.csv"
    assert member(file, {".txt"}, what="t").name == "evil.txt"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "in"]


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({}, "t: 'archive' holds no file; pack it again"),
        ({"a.csv": b""}, "'a.csv' inside it is empty"),
        ({"a.pdf": b"x"}, r"holds no file that ends in \.csv; it holds a\.pdf"),
        ({"a.csv": b"x", "b.csv": b"y"}, "2 files that could be meant: a.csv, b.csv"),
        ({"a.csv": b"x", "more.zip": b"y"}, "holds a further archive, 'more.zip'"),
        ({"a.csv": packed({"b.csv": b"x"})}, "holds a further archive, 'a.csv'"),
    ],
)
def test_an_archive_without_one_plain_answer_is_refused(
    members: dict[str, bytes], told: str
) -> None:
    with pytest.raises(DataError, match=told):
        member(packed(members), {".csv"}, what="t")


def test_a_bomb_is_refused_by_its_list_of_contents() -> None:
    content = packed({"a.csv": b"0" * 120_000_000})
    assert len(content) < 200_000
    with pytest.raises(LimitError, match="unpacks to more than 100 times its size"):
        member(content, {".csv"}, what="t")


def test_a_bomb_that_lies_about_its_size_is_refused_while_reading() -> None:
    content = bytearray(packed({"a.csv": b"0" * 20_000_000}))
    # The stated sizes stand in the central directory; the stream says nothing of them.
    at = content.rindex(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 1_000)
    with pytest.raises((LimitError, DataError), match=r"100 times|damaged"):
        member(bytes(content), {".csv"}, what="t")


def test_more_than_two_gibibytes_are_refused_before_reading() -> None:
    content = bytearray(packed({"a.csv": b"0" * 1000}))
    at = content.rindex(b"PK\x01\x02") + 20
    content[at : at + 8] = struct.pack("<II", 20, 2**31 + 1)
    with pytest.raises(LimitError, match="unpacks to more than the limit of 2 GiB"):
        member(bytes(content), {".csv"}, what="t")


def test_too_many_files_are_refused() -> None:
    with pytest.raises(LimitError, match="holds 1,001 files, the limit is 1,000"):
        io.check_archive(packed({f"{i}.csv": b"x" for i in range(1001)}), what="t")


def test_an_encrypted_file_is_refused() -> None:
    content = bytearray(packed({"a.csv": b"x"}))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DataError, match="is encrypted"):
        member(bytes(content), {".csv"}, what="t")


def test_a_rare_packing_is_refused() -> None:
    with pytest.raises(DataError, match="by method 14; pack it again as plain zip"):
        member(packed({"a.csv": b"x"}, zipfile.ZIP_LZMA), {".csv"}, what="t")


@pytest.mark.parametrize("cut", [0, 10, 60])
def test_half_an_archive_is_refused(cut: int) -> None:
    with pytest.raises(DataError, match="is no whole archive"):
        member(packed({"a.csv": b"x" * 99})[:cut], {".csv"}, what="t")


def test_a_damaged_stream_is_refused() -> None:
    content = bytearray(packed({"a.csv": bytes(range(256)) * 40}))
    content[60] ^= 0xFF
    with pytest.raises(DataError, match="is damaged"):
        member(bytes(content), {".csv"}, what="t")


@pytest.mark.parametrize("suffix", [".kml", ".kmz"])
def test_all_folders_are_read_and_losses_told(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a{suffix}"
    text = KML.format(more=LINK).encode()
    file.write_bytes(text if suffix == ".kml" else packed({"doc.kml": text, "files/i.png": b"p"}))
    places = io.read_vector(file).set_index("Name")
    assert places["folder"].to_dict() == {"three": "all", "one": "north", "انفجار": "south"}
    assert places.loc["one", "kind"] == "bomb"
    assert not places.geometry.has_z.any()
    assert places.loc["one"].geometry.coords[0] == (41, 34)
    assert places.attrs["notes"] == [
        "1 network links were not followed",
        "heights of 1 shapes were left out",
    ]


def test_one_folder_can_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.kml").write_text(KML.format(more=""))
    assert io.read_vector(tmp_path / "a.kml", layer="north")["Name"].tolist() == ["one"]
    with pytest.raises(DataError, match="holds the layers all, north, south; name one of them"):
        io.read_vector(tmp_path / "a.kml", layer="west")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (KML.replace("<kml", '<!doctype kml [<!ENTITY a "b">]><kml'), "holds <!DOCTYPE, which"),
        (KML.encode("utf-16"), "holds zero bytes; save the KML as UTF-8"),
        ("<gpx></gpx>", "is not what its extension says, KML"),
        ('<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>', "holds no place|cannot"),
    ],
)
@pytest.mark.parametrize("suffix", [".kml", ".kmz"])
def test_what_is_not_plain_kml_is_refused(
    tmp_path: Path, text: str | bytes, told: str, suffix: str
) -> None:
    content = text.encode() if isinstance(text, str) else text
    file = tmp_path / f"a{suffix}"
    file.write_bytes(content if suffix == ".kml" else packed({"doc.kml": content}))
    with pytest.raises(DataError, match=told):
        io.read_vector(file)

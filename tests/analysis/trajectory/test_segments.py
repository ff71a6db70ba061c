"""Which records of segments lie in a folder."""

from lfa1_analysis.trajectory.segments import records


def test_records_are_listed_by_number_and_nothing_else_is(tmp_path):
    names = ("segment-10.json", "segment-9.json", "segment-9.json.part", "segment-x.json")
    for name in (*names, "segment-9.json\n", "my-segment-1.json"):
        (tmp_path / name).touch()
    assert [(k, path.name) for k, path in records(tmp_path)] == [
        (9, "segment-9.json"),
        (10, "segment-10.json"),
    ]
    assert records(tmp_path / "missing") == []

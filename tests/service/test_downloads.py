import gc
import io

from service.downloads import Download, Downloads


def test_file_can_be_fetched_as_long_as_its_owner_keeps_it():
    downloads = Downloads()
    data = bytes(range(256)) * 10_000
    kept = Download.of_bytes("a.png", "image/png", data)
    downloads.offer(kept, None)
    token = kept.token

    found = downloads.find(token, None)

    assert found is not None
    assert found is kept
    assert io.BytesIO(b"".join(found.content())).getvalue() == data
    assert found.size == len(data)
    del kept, found
    gc.collect()
    assert downloads.find(token, None) is None


def test_file_is_for_the_visitor_whose_work_it_is():
    downloads = Downloads()
    kept = Download.of_bytes("a.png", "image/png", b"data")
    downloads.offer(kept, "one")

    assert downloads.find(kept.token, "one") is kept
    assert downloads.find(kept.token, "another") is None
    assert downloads.find(kept.token, None) is None


def test_address_stays_the_same_however_often_a_page_is_drawn():
    downloads = Downloads()
    kept = Download.of_bytes("a.png", "image/png", b"data")

    for _ in range(3):
        downloads.offer(kept, "one")

    assert kept.token
    assert downloads.find(kept.token, "one") is kept

"""What was dropped on the page, on its way into the batch."""

from collections.abc import Iterable

from service import archive
from sr_core import SuperResError
from ui.batch import Batch
from ui.chooser import Upload


def take_in(batch: Batch, uploads: Iterable[Upload]) -> list[str]:
    """Add pictures, and those in ZIP files, to a batch.

    Returns
    -------
    list of str
        A sentence for each file that was not taken; the others are.
    """
    said: list[str] = []
    for upload in uploads:
        try:
            entries = _entries(upload, said)
        except SuperResError as error:
            said.append(f"{upload.name}: {error}")
            continue
        for index, entry in enumerate(entries):
            try:
                batch.add(entry.folder, entry.name, entry.data)
            except SuperResError as error:
                said.append(str(error))
                left = len(entries) - index - 1
                if left:
                    said.append(f"{left} more of {upload.name} were left out too.")
                break
    return said


def _entries(upload: Upload, said: list[str]) -> tuple[archive.Entry, ...]:
    if not archive.is_archive(upload.data):
        return (archive.Entry("", upload.name, upload.data),)
    unpacked = archive.unpack(upload.data)
    said += unpacked.skipped
    if not unpacked.pictures:
        said.append(f"{upload.name} holds no picture.")
    return unpacked.pictures

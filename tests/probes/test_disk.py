"""File systems of the host, parsed from recordings."""

import pytest

from conformance.reading import NotMeasured
from fixtures import disk
from fixtures.disk import parse_df, parse_mounts
from tests.probes.support import body, facts, target

DF = """Filesystem 1-blocks Used Available Capacity Mounted on
/dev/sda1 1000 750 250 75% /
/dev/mapper/a-very-long-name-of-a-volume-group-and-of-a-logical-volume-that-df-would-wrap 10 1 9 10% /long
//server/a share 100 40 60 40% /mnt/with space
tmpfs 100 0 100 0% /run
none - - - - /none
"""


def test_df_is_read_by_mount_point() -> None:
    found = parse_df(DF)
    assert {mount: line[:2] for mount, line in found.items()} == {
        "/": (750, 250), "/long": (1, 9), "/mnt/with space": (40, 60), "/run": (0, 100), "/none": (0, 0),
    }  # fmt: skip
    assert found["/"][2] == "/dev/sda1 1000 750 250 75% /"


@pytest.mark.parametrize("text", ["", "Filesystem\n", "Filesystem 1-blocks\ndf: broken\n\n"])
def test_df_that_says_nothing_has_no_mount(text: str) -> None:
    assert parse_df(text) == {}


def test_free_share_is_of_what_unprivileged_users_may_have() -> None:
    assert body(disk.disk_free)(facts(disk=DF), "/").value == 25.0
    assert body(disk.disk_inodes)(facts(inodes=DF), "/").value == 25.0


def test_file_system_without_inodes_cannot_run_out_and_one_without_space_is_no_data() -> None:
    assert body(disk.disk_inodes)(facts(inodes=DF), "/none").value == 100.0
    assert not body(disk.disk_free)(facts(disk=DF), "/none").has_data


def test_declared_mount_that_is_none_is_not_measured() -> None:
    # df names the file system that holds the folder: its space is not that of the mount that should be there.
    with pytest.raises(NotMeasured, match="/data is no mount point on ssh://x"):
        body(disk.disk_free)(facts(disk=DF), "/data")


MOUNTS = r"""/dev/sda1 / ext4 rw 0 0
proc /proc proc rw 0 0
tmpfs /run tmpfs rw 0 0
overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0
/dev/sdb1 /mnt/with\040space\011tab\134 xfs rw 0 0
nas:/x /srv/nfs nfs4 rw 0 0
sshfs /mnt/fuse fuse.sshfs rw 0 0
/dev/fuse /mnt/plain-fuse fuse rw 0 0
lxcfs /var/lib/lxcfs fuse.lxcfs rw 0 0
/dev/sdc1 /mnt/Bücher ext4 rw 0 0
/dev/sda1 / ext4 rw 0 0
short line
"""


def test_mounts_of_real_storage() -> None:
    expected = ["/", "/mnt/Bücher", "/mnt/fuse", "/mnt/plain-fuse", "/mnt/with space\ttab\\", "/srv/nfs"]
    assert expected == parse_mounts(MOUNTS)


def test_undeclared_mounts_are_those_neither_declared_nor_allowed() -> None:
    declared = target(mounts=["/", "/srv/nfs"], allow={"mounts": ["/mnt/*"]})
    assert body(disk.undeclared_mounts)(facts(mounts=MOUNTS), declared).value == "none"
    declared = target(mounts=["/", "/srv/nfs"], allow={"mounts": ["/mnt/B*", "/mnt/w*"]})
    assert body(disk.undeclared_mounts)(facts(mounts=MOUNTS), declared).value == "/mnt/fuse, /mnt/plain-fuse"

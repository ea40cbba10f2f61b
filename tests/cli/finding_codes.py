"""docs/finding-codes.md lists exactly the codes that the source can give, and some test sees each of them."""
import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(os.environ["REELCELL_SOURCE"])
CODE = r"(?:LR|WDS|PQ|OBJ|MCAP|CORPUS|DOC|RECIPE|PATH|VIDEO|SESSION)(?:-[A-Z0-9]+)+|READ-FAILED"

in_source = set()
for path in [*(SOURCE / "lib/src").rglob("*.cpp"), *(SOURCE / "lib/src").rglob("*.hpp")]:
    in_source |= set(re.findall(rf'"({CODE})"', path.read_text(encoding="utf-8")))
listed = re.findall(rf"^\| `({CODE})` \| [a-z ]+ \| \S", (SOURCE / "docs/finding-codes.md").read_text(encoding="utf-8"), re.M)
faults = [f"docs/finding-codes.md lacks {code}" for code in sorted(in_source - set(listed))]
faults += [f"docs/finding-codes.md lists {code}, which nothing gives" for code in sorted(set(listed) - in_source)]
faults += [f"docs/finding-codes.md lists {code} twice" for code in sorted(set(listed)) if listed.count(code) > 1]
tests = "".join(path.read_text(encoding="utf-8", errors="replace") for path in (SOURCE / "tests").rglob("*") if path.suffix in {".cpp", ".hpp", ".py", ".txt", ".sh", ".tsv"})
faults += [f"no test sees {code}" for code in sorted(in_source) if not re.search(rf"{code}(?![A-Z0-9-])", tests)]
if len(in_source) < 100:
    faults.append(f"only {len(in_source)} codes were found in the source: the search is wrong")
print("\n".join(faults) or f"{len(listed)} codes")
sys.exit(bool(faults))

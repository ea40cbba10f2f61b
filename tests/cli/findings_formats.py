"""JUnit and SARIF as other programs read them: by libxml2 and by the demands of SARIF 2.1.0, from odd findings."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree

BINARY = pathlib.Path(os.environ["REELCELL_BUILD"]) / "reelcell"
CORPUS = pathlib.Path(os.environ["REELCELL_CLI_WORK"]) / "build/sample/corpus"


def check(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def validate(form, *paths):
    done = subprocess.run([BINARY, "validate", "--format", form, *paths], capture_output=True)
    check(done.returncode == 1 and not done.stderr, f"{form}: exit code {done.returncode}, {done.stderr}")
    return done.stdout


def check_junit(text, findings):
    lint = subprocess.run(["xmllint", "--noout", "-"], input=text, capture_output=True)
    check(lint.returncode == 0, f"JUnit is no well-formed XML: {lint.stderr}")
    suites = list(xml.etree.ElementTree.fromstring(text).iter("testsuite"))
    check(len(suites) == len(findings), "JUnit: one suite a path")
    for suite, (path, expected) in zip(suites, findings):
        cases = list(suite.iter("testcase"))
        errors = [finding for finding in expected if finding["level"] == "error"]
        check(suite.get("name") == path, f"JUnit: suite {suite.get('name')} instead of {path}")
        check(int(suite.get("tests")) == len(cases) == max(1, len(expected)), "JUnit: tests is not the number of cases")
        check(int(suite.get("failures")) == len(list(suite.iter("failure"))) == len(errors), "JUnit: failures is not the number of errors")
        check([f.get("message") for f in suite.iter("failure")] == [re.sub(r"[\x00-\x1f]", " ", e["message"]) for e in errors], "JUnit: other messages")


def check_sarif(text, findings):
    log = json.loads(text)
    check(log["version"] == "2.1.0" and log["$schema"].startswith("https://"), "SARIF: version")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    check(run["tool"]["driver"]["name"] == "reelcell", "SARIF: tool")
    check(len({rule["id"] for rule in rules}) == len(rules), "SARIF: a rule twice")
    expected = [(path, finding) for path, all_of_path in findings for finding in all_of_path]
    check(len(run["results"]) == len(expected), "SARIF: other number of results")
    for result, (path, finding) in zip(run["results"], expected):
        check(result["ruleId"] == finding["code"] == rules[result["ruleIndex"]]["id"], "SARIF: rule")
        check(result["level"] in ("note", "warning", "error") and result["level"] == finding["level"], "SARIF: level")
        check(result["message"]["text"] == finding["message"], "SARIF: message")
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        check(re.fullmatch(r"[A-Za-z0-9._~:/%-]+", uri), f"SARIF: no URI: {uri}")
        name = urllib.parse.unquote(urllib.parse.urlsplit(uri).path)
        check(name.startswith(path), f"SARIF: {name} does not lie under {path}")


with tempfile.TemporaryDirectory(prefix="reelcell findings <&> ö ") as folder:
    paths = [f"{folder}/a \"b\" 100%.json", f"{folder}/c.json", str(CORPUS)]
    pathlib.Path(paths[0]).write_text('{"version": 1, "outputs": [{"format": "<&>\\u0001\\"\'ö"}], "x\\u0002y": 1}', encoding="utf-8")
    pathlib.Path(paths[1]).write_text('{"version": 1, "outputs": "none"}', encoding="utf-8")
    results = json.loads(validate("json", *paths))["results"]
    found = [(result["path"], result["findings"]) for result in results]
    check([bool(all_of_path) for _, all_of_path in found] == [True, True, False], f"other findings than made: {found}")
    check_junit(validate("junit", *paths), found)
    check_sarif(validate("sarif", *paths), found)
print(f"{sum(len(all_of_path) for _, all_of_path in found)} findings in JUnit and SARIF")

"""
Checks de-identified copies with other people's tools: DCMTK's dcmdump, strings, and dicom3tools' dciodvfy.

    python3 test/deidentify/check-outside.py SOURCES COPIES [--keep uids,dates,institution,device] [--json OUT]

`--keep` names what the options of the profile keep, which is then not searched; birth dates always are.

It shares no code with Fovea. From `dcmdump` of a source it takes the values of

- person names (every PN), whole and in parts of four or more letters,
- PatientID, OtherPatientIDs, AccessionNumber, StudyID, addresses, phone numbers, institution, station, device serial number,
- every DA and the day of every DT,
- every UID but those of the standard (1.2.840.10008) and of kinds of things (SOP classes, implementation, coding schemes),
- text of the attributes named DESCRIPTIVE,

and looks for them in the `dcmdump` of the copy (text values only) and in its `strings` (ASCII, and UTF-16 in both orders; single
words of letters not there, where they cannot be told from codes such as PERFUSION in ImageType).

Short and generic values: text shorter than four characters, and single words of letters only, count where a value of a text
VR (not CS, not a coded entry, not a number) of the copy is exactly that. Parts of names count as words. Days count
with and without separators. Everything else counts as a part of any line, at the bounds of words.

The errors of `dciodvfy` are compared as sets with numbers and quoted values left out: a kind of error that the source has may
come again, a new one is told. Exit code 1 if anything is found.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

NAMED = {
    "PatientID", "OtherPatientIDs", "AccessionNumber", "StudyID", "PatientAddress", "PatientTelephoneNumbers",
    "InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName", "StationName", "DeviceSerialNumber",
    "IssuerOfPatientID", "MilitaryRank", "Occupation", "EthnicGroup", "AdmissionID", "ServiceEpisodeID",
    "RequestedProcedureID", "ScheduledProcedureStepID", "PerformedProcedureStepID", "PlateID", "DetectorID",
    "PerformedStationAETitle", "ScheduledStationAETitle", "SourceApplicationEntityTitle", "FillerOrderNumberImagingServiceRequest",
    "PlacerOrderNumberImagingServiceRequest", "RETIRED_OtherPatientIDs", "ContainerIdentifier", "SpecimenIdentifier",
}
KEPT_BY = {
    "institution": {"InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName"},
    "device": {"StationName", "DeviceSerialNumber", "PlateID", "DetectorID", "PerformedStationAETitle", "ScheduledStationAETitle"},
}
DESCRIPTIVE = {
    "StudyDescription", "SeriesDescription", "ProtocolName", "PerformedProcedureStepDescription",
    "RequestedProcedureDescription", "AdmittingDiagnosesDescription", "RequestingService", "CurrentPatientLocation",
    "ScheduledProcedureStepDescription", "ImageComments", "PatientComments", "AdditionalPatientHistory", "IdentifyingComments", "DerivationDescription",
    "TextValue", "UnformattedTextValue", "VisitComments", "StudyComments", "ReasonForStudy", "RequestedProcedureComments", "AcquisitionDeviceProcessingDescription",
    "StructureSetLabel", "StructureSetName", "RTPlanLabel", "RTPlanName", "ContrastBolusAgent",
}
KINDS = {
    "SOPClassUID", "MediaStorageSOPClassUID", "TransferSyntaxUID", "ImplementationClassUID", "ReferencedSOPClassUID",
    "CodingSchemeUID", "ContextUID", "MappingResourceUID", "ContextGroupExtensionCreatorUID", "SOPClassesInStudy",
    "RelatedGeneralSOPClassUID", "OriginalSpecializedSOPClassUID", "PrivateInformationCreatorUID",
    "ReferencedSOPClassUIDInFile", "ReferencedRelatedGeneralSOPClassUIDInFile", "ReferencedTransferSyntaxUIDInFile",
}
TEXT_VRS = {"AE", "LO", "SH", "LT", "ST", "UT", "UC", "UR", "PN", "UI"}
KEEP = set(sys.argv[sys.argv.index("--keep") + 1].split(",")) if "--keep" in sys.argv else set()
GENERIC = {"removed", "yes", "no", "none", "unknown", "anonymous", "19000101"}
CODED = {"CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning", "LongCodeValue", "URNCodeValue"}
LINE = re.compile(rb"^\s*\(([0-9a-f]{4}),([0-9a-f]{4})\) (\w\w|\?\?) (.*?)\s*#\s*(\d+|u/l),\s*\d+ (.*)$")


def dump(path):
    """(vr, value, keyword) of every element that dcmdump shows; values as bytes of latin-1, not cut."""
    out = subprocess.run(["dcmdump", "-q", "+L", "+R", "999", "-M", path], capture_output=True).stdout
    if not out:
        out = subprocess.run(["dcmdump", "-q", "+L", "-f", path], capture_output=True).stdout
    # A value may hold line breaks: its end is the comment with length and name.
    rows = []
    held = b""
    for line in out.split(b"\n"):
        if held:
            line = held + b"\n" + line
            held = b""
        elif not re.match(rb"^\s*\([0-9a-f]{4},[0-9a-f]{4}\)", line):
            continue
        match = re.match(LINE.pattern, line, re.S)
        if match is None:
            if len(line) < 200000 and re.match(rb"^\s*\([0-9a-f]{4},[0-9a-f]{4}\) \w\w \[", line):
                held = line
            continue
        vr, value, keyword = match[3].decode(), match[4], match[6].decode("latin-1").strip()
        private = int(match[1], 16) % 2 == 1
        if value.startswith(b"["):
            value = value[1:].rstrip()
            value = value[:-1] if value.endswith(b"]") else value
        elif not (vr == "UI" and value.startswith(b"=")):
            value = b""
        rows.append((vr, value.decode("latin-1").strip(" \0"), "Private" if private else keyword))
    return rows


def is_kept(vr, keyword):
    if vr == "UI":
        return "uids" in KEEP
    if vr in ("DA", "DT"):
        return "dates" in KEEP and "Birth" not in keyword
    return any(keyword in KEPT_BY.get(one, ()) for one in KEEP)


def terms(rows):
    found = set()
    for vr, value, keyword in rows:
        if value == "" or value.startswith("=") or is_kept(vr, keyword):
            continue
        values = [value] if vr in ("LT", "ST", "UT") else value.split("\\")
        for one in (each.strip(" \0") for each in values):
            if one == "" or one.lower() in GENERIC:
                continue
            if vr == "PN":
                found.add((one, len(one) < 4, keyword))
                for part in re.split(r"[\^=\s,.]+", one):
                    if len(part) >= 4 and part.lower() not in GENERIC:
                        found.add((part, False, keyword))
            elif vr == "DA" or vr == "DT":
                digits = re.sub(r"\D", "", one)[:8]
                if len(digits) == 8 and digits not in GENERIC:
                    for form in (digits, f"{digits[:4]}-{digits[4:6]}-{digits[6:]}", f"{digits[:4]}.{digits[4:6]}.{digits[6:]}"):
                        found.add((form, False, keyword))
            elif vr == "UI":
                if keyword not in KINDS and not one.startswith("1.2.840.10008."):
                    found.add((one, len(one) < 6, keyword))
            elif keyword in NAMED or keyword in DESCRIPTIVE:
                found.add((one, len(one) < 4 or re.fullmatch(r"[A-Za-z]+", one) is not None, keyword))
    return found


def holds(text, word):
    pattern = r"(?<![0-9A-Za-z])" + re.escape(word.lower()) + r"(?![0-9A-Za-z])"
    return re.search(pattern, text) is not None


def leaks(source, copy):
    rows = dump(copy)
    whole, lines = set(), []
    for vr, value, keyword in rows:
        # The marks of de-identification have words of their own: Retain Patient Characteristics Option.
        own = keyword == "CodeMeaning" and value.endswith((" Option", " Profile"))
        if vr in TEXT_VRS and keyword not in KINDS and not own:
            lines.append(value.lower())
            if keyword not in CODED:
                whole.update(each.strip(" \0").lower() for each in value.split("\\"))
    text = "\n".join(lines)
    raw = ""
    for encoding in ("s", "l", "b"):
        raw += subprocess.run(["strings", "-n", "6", "-e", encoding, copy], capture_output=True).stdout.decode("latin-1").lower()
    found = []
    for word, is_whole, keyword in sorted(terms(dump(source))):
        if is_whole:
            if word.lower() in whole:
                found.append(keyword)
        elif holds(text, word) or (len(word) >= 6 and not word.isalpha() and word.lower() in raw and holds(raw, word)):
            found.append(keyword)
    return found


def dciodvfy(path):
    """Kinds of errors. A deflated file, which dciodvfy does not read, is inflated by dcmconv before."""
    with open(path, "rb") as file:
        head = file.read(1024)
    if b"1.2.840.10008.1.2.1.99" in head:
        with tempfile.TemporaryDirectory() as folder:
            inflated = os.path.join(folder, "inflated.dcm")
            subprocess.run(["dcmconv", "+te", path, inflated], capture_output=True)
            return dciodvfy(inflated) if os.path.exists(inflated) else set()
    out = subprocess.run(["dciodvfy", "-new", path], capture_output=True)
    kinds = set()
    for line in (out.stderr + out.stdout).decode("latin-1").split("\n"):
        if not line.startswith("Error") or "PixelData has incorrect value length" in line:
            # Pixel data are compared byte by byte; some sources end for dciodvfy before them.
            continue
        if "Implicit VR encoding even though supposed to be explicit" in line:
            # Told of every element of a file that breaks its own transfer syntax; new elements follow the file.
            line = "Error - Implicit VR encoding even though supposed to be explicit"
        kinds.add(re.sub(r"\d+", "#", re.sub(r"= <[^>]*>", "= <>", line)))
    return kinds


def pairs(sources, copies):
    """(name, source, copy), by the report beside the copies, else by equal paths."""
    report = copies.rstrip("/") + ".report.jsonl"
    of = {}
    if os.path.exists(report):
        with open(report) as file:
            for line in map(json.loads, file):
                if "output" in line:
                    of[line["output"]] = line["source"]
    for folder, _, names in os.walk(copies):
        for one in sorted(names):
            copy = os.path.join(folder, one)
            path = os.path.relpath(copy, copies)
            yield path, os.path.join(sources, of.get(path, path)), copy


def main():
    sources, copies = sys.argv[1:3]
    result = {"files": 0, "terms": 0, "leaks": {}, "new_errors": {}}
    for path, source, copy in pairs(sources, copies):
        if not os.path.exists(source):
            result["leaks"][path] = ["no source of this name"]
            continue
        result["files"] += 1
        result["terms"] += len(terms(dump(source)))
        if left := leaks(source, copy):
            result["leaks"][path] = left
        if new := dciodvfy(copy) - dciodvfy(source):
            result["new_errors"][path] = sorted(new)
    if "--json" in sys.argv:
        with open(sys.argv[sys.argv.index("--json") + 1], "w") as file:
            json.dump(result, file, indent=1)
    print(f"{result['files']} copies, {result['terms']} values searched; "
          f"{len(result['leaks'])} with a value left, {len(result['new_errors'])} with a new error of dciodvfy")
    for path, left in result["leaks"].items():
        print(f"left in {path}: {', '.join(left)}")
    for path, new in result["new_errors"].items():
        for line in new:
            print(f"new in {path}: {line}")
    sys.exit(1 if result["leaks"] or result["new_errors"] else 0)


main()

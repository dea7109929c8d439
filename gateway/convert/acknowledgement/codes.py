"""Codes of acknowledgements in words: UN/EDIFACT 0083, 0085; X12 715-718, 720, 723."""

from collections.abc import Mapping

EDIFACT_REFUSED = {"4"}
"""Actions (0083) that refuse; 7 and 8 accept."""

EDIFACT_ERRORS: Mapping[str, str] = {
    "2": "syntax version or level not supported",
    "7": "interchange recipient not actual recipient",
    "12": "invalid value",
    "13": "missing",
    "14": "value not supported in this position",
    "15": "not supported in this position",
    "16": "too many constituents",
    "17": "no agreement",
    "18": "unspecified error",
    "19": "invalid decimal notation",
    "20": "character invalid as service character",
    "21": "invalid character(s)",
    "22": "invalid service character(s)",
    "23": "unknown interchange sender",
    "24": "too old",
    "25": "test indicator not supported",
    "26": "duplicate detected",
    "27": "security function not supported",
    "28": "references do not match",
    "29": "control count does not match number of instances received",
    "30": "groups and messages mixed",
    "31": "more than one message type in group",
    "32": "lower level empty",
    "33": "invalid occurrence outside message, package or group",
    "34": "nesting indicator not allowed",
    "35": "too many data element or segment repetitions",
    "36": "too many segment group repetitions",
    "37": "invalid type of character(s)",
    "38": "missing digit in front of decimal sign",
    "39": "data element too long",
    "40": "data element too short",
    "41": "permanent communication network error",
    "42": "temporary communication network error",
    "43": "unknown interchange recipient",
}

X12_ACTIONS: Mapping[str, str] = {
    "A": "accepted",
    "E": "accepted with errors",
    "P": "partly accepted",
    "R": "rejected",
    "M": "rejected, message authentication failed",
    "W": "rejected, assurance failed",
    "X": "rejected, could not be decrypted",
}
X12_ACCEPTED = {"A", "E"}

X12_GROUP: Mapping[str, str] = {
    "1": "functional group not supported",
    "2": "functional group version not supported",
    "3": "functional group trailer missing",
    "4": "group control numbers do not match",
    "5": "number of transaction sets does not match",
    "6": "group control number violates syntax",
}
X12_TRANSACTION: Mapping[str, str] = {
    "1": "transaction set not supported",
    "2": "transaction set trailer missing",
    "3": "transaction set control numbers do not match",
    "4": "number of segments does not match",
    "5": "one or more segments in error",
    "6": "missing or invalid transaction set identifier",
    "7": "missing or invalid transaction set control number",
    "23": "transaction set control number not unique",
}
X12_SEGMENT: Mapping[str, str] = {
    "1": "unrecognized segment",
    "2": "unexpected segment",
    "3": "mandatory segment missing",
    "4": "loop occurs too often",
    "5": "segment occurs too often",
    "6": "segment not in the transaction set",
    "7": "segment not in sequence",
    "8": "segment has data element errors",
}
X12_ELEMENT: Mapping[str, str] = {
    "1": "mandatory data element missing",
    "2": "conditional data element missing",
    "3": "too many data elements",
    "4": "data element too short",
    "5": "data element too long",
    "6": "invalid character",
    "7": "invalid code value",
    "8": "invalid date",
    "9": "invalid time",
    "10": "exclusion condition violated",
}


def said(codes: Mapping[str, str], code: str) -> str:
    """Return the code with its words; only the code if it is not known."""
    words = codes.get(code)
    return f"{code} {words}" if words else code

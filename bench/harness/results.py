"""Every raw figure, with what is needed to make tables and pictures of them again."""

import json
import os
import re

FORMAT = 1


class Results:
    """Records are flat: a measure, a point (its parameters), a subject, a round, and its values or why it failed."""

    def __init__(self, about):
        self.about, self.skipped, self.records, self.words = about, [], [], {}

    @classmethod
    def load(cls, folder):
        with open(os.path.join(folder, "results.json"), encoding="utf-8") as file:
            content = json.load(file)
        if content.get("format") != FORMAT:
            raise ValueError(f"{file.name}: not of format {FORMAT}")
        results = cls(content["about"])
        results.skipped, results.records = content["skipped"], content["records"]
        return results

    def save(self, folder):
        """One record a line, so that two files can be compared."""
        content = {"format": FORMAT, "about": self.about, "skipped": self.skipped}
        head = json.dumps(content, indent=1)[: -len("\n}")]
        lines = ",\n".join("  " + json.dumps(record) for record in self.records)
        with open(os.path.join(folder, "results.json"), "w", encoding="utf-8") as file:
            file.write(f'{head},\n "records": [\n{lines}\n ]\n}}\n')

    def hide(self, path, word):
        """From now on the word stands for a folder of this machine, which is of no use to those who read."""
        self.words[str(path)] = word

    def hidden(self, text):
        """Deep folders first, which may be below the others."""
        for path in sorted(self.words, key=len, reverse=True):
            text = re.sub(rf"(?<![\w.-]){re.escape(path)}(?![\w.-])", self.words[path], text)
        return text

    def skip(self, what, reason):
        self.skipped.append({"what": what, "reason": self.hidden(reason)})

    def add(self, measure, point, subject, number, **outcome):
        """The outcome is `values` or `failure`."""
        if "failure" in outcome:
            outcome = {"failure": self.hidden(outcome["failure"])}
        record = {"measure": measure, "point": point, "subject": subject, "round": number, **outcome}
        self.records.append(record)

    def measures(self):
        return list(dict.fromkeys(record["measure"] for record in self.records))

    def points(self, measure):
        """In the order in which they were first taken."""
        found = []
        for record in self.records:
            if record["measure"] == measure and record["point"] not in found:
                found.append(record["point"])
        return found

    def at(self, measure, point, subject=None):
        """The records of a point, of one subject or of all."""
        return [
            record for record in self.records
            if record["measure"] == measure and record["point"] == point and subject in (None, record["subject"])
        ]

    def subjects(self, measure, point):
        return list(dict.fromkeys(record["subject"] for record in self.at(measure, point)))

    def figures(self, measure, point, subject, figure):
        """By round. The figure is the name of a value or a function of the values; where it is None, it is left out."""
        take = figure if callable(figure) else lambda values: values.get(figure)
        found = {
            record["round"]: take(record["values"]) for record in self.at(measure, point, subject) if "values" in record
        }
        return {number: value for number, value in found.items() if value is not None}

    def failures(self, measure, point, subject):
        return [record["failure"] for record in self.at(measure, point, subject) if "failure" in record]

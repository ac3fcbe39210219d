package org.pgweir.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * All that there is to tell of a comparison, finished or not.
 *
 * @param circumstances words and what they mean here
 */
record Report(String began, Map<String, String> circumstances, Results results, List<String> failures) {
    static final String EXPLANATION = "Medians of all rounds; in parentheses the ratio to %s.";

    /** Writes results.md, results.json and index.html. */
    void writeTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("results.md"), MarkdownReport.of(this));
        Files.writeString(folder.resolve("results.json"), JsonReport.of(this));
        Files.writeString(folder.resolve("index.html"), HtmlReport.of(this));
    }

    String title() {
        return "pgweir beside PgBouncer, " + began;
    }

    String explanation() {
        return String.format(EXPLANATION, results.reference().title());
    }
}

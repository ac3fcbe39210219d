package org.pgweir.proxy.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docker/prometheus/rules.yml speaks of metrics and labels that docs/metrics.md knows, and so, by HttpEndpointTest, pgweir. */
class AlertingRulesTest {
    private static final Pattern DOCUMENTED = Pattern.compile("(?m)^\\| `(\\w+)` \\| (\\w+) \\| ([\\w, ]*) \\|");
    /** On one line, or as a block of lines that are indented deeper. */
    private static final Pattern EXPRESSION = Pattern.compile("(?m)^( *)expr: (?:\\|\n((?:\\1 +.*\n)+)|(.+)\n)");
    /** What can hold names that are no metrics: strings, selectors, lists of labels. */
    private static final Pattern NOT_METRICS =
            Pattern.compile("\"[^\"]*\"|\\{[^}]*}|\\b(?:by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)");
    /** A word that begins no call and belongs to no duration. */
    private static final Pattern WORD = Pattern.compile("(?<![\\w:])[a-zA-Z_:][\\w:]*+(?!\\s*\\()");

    private static final Pattern LABEL = Pattern.compile("\\$labels\\.(\\w+)");

    private static final Set<String> OPERATORS = Set.of("and", "or", "unless", "bool", "offset");
    /** Prometheus makes them for each target. */
    private static final String OF_THE_TARGET = "up";

    private static final String LABEL_OF_THE_TARGET = "instance";

    private final String rules = read("docker/prometheus/rules.yml");
    private final String documentation = read("docs/metrics.md");

    private static String read(String path) {
        try {
            return Files.readString(Path.of("..").resolve(path));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Set<String> documentedMetrics() {
        Set<String> names = new TreeSet<>(Set.of(OF_THE_TARGET));
        DOCUMENTED.matcher(documentation).results().forEach(row -> {
            String name = row.group(1);
            if (row.group(2).equals("histogram")) {
                names.addAll(Set.of(name + "_bucket", name + "_sum", name + "_count"));
            } else {
                names.add(name);
            }
        });
        return names;
    }

    private Set<String> documentedLabels() {
        Set<String> labels = new TreeSet<>(Set.of(LABEL_OF_THE_TARGET));
        DOCUMENTED
                .matcher(documentation)
                .results()
                .forEach(row -> labels.addAll(Set.of(row.group(3).split(", "))));
        return labels;
    }

    /** All names of metrics in the expressions. */
    private static Set<String> metricsIn(String rules) {
        Set<String> names = new TreeSet<>();
        EXPRESSION.matcher(rules).results().forEach(expression -> {
            String text = expression.group(2) != null ? expression.group(2) : expression.group(3);
            WORD.matcher(NOT_METRICS.matcher(text).replaceAll(" "))
                    .results()
                    .map(MatchResult::group)
                    .filter(word -> !OPERATORS.contains(word))
                    .forEach(names::add);
        });
        return names;
    }

    @Test
    void theRulesNameOnlyMetricsThatAreDocumented() {
        assertThat(metricsIn(rules))
                .contains("pgweir_hosts_up", "pgweir_pool_max_wait_seconds", "pgweir_pool_size_limit", "up")
                .isSubsetOf(documentedMetrics());
    }

    @Test
    void theAnnotationsNameOnlyLabelsThatAreDocumented() {
        assertThat(LABEL.matcher(rules).results().map(label -> label.group(1)))
                .isNotEmpty()
                .isSubsetOf(documentedLabels());
    }

    @Test
    void everyRuleHasAnExpressionThatIsRead() {
        long alerts = rules.lines().filter(line -> line.contains("- alert:")).count();

        assertThat(EXPRESSION.matcher(rules).results().count()).isEqualTo(alerts);
    }

    @Test
    void givenARuleWithAnUnknownMetricWhenItIsReadThenTheMetricIsFound() {
        String rule = """
                - alert: Unknown
                  expr: |
                    sum by (database) (rate(pgweir_querys_total{user="pgweir_x"}[5m]))
                      / on (database) pgweir_hosts > 0.5
                  for: 5m
                - alert: Misspelt
                  expr: pgwier_clients > 1
                """;

        assertThat(metricsIn(rule)).containsExactly("pgweir_hosts", "pgweir_querys_total", "pgwier_clients");
        assertThat(documentedMetrics()).contains("pgweir_hosts").doesNotContain("pgweir_querys_total");
    }
}

package org.pgweir.proxy.stats;

import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a scrape gets: Micrometer's meters of the JVM, the process and Netty's allocator, and pgweir's own metrics, which are made
 * anew for each scrape from one look at all loops.
 */
final class PrometheusPage implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 5;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();

    PrometheusPage(MetricsSource source) {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
        if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider allocator) {
            new NettyAllocatorMetrics(allocator).bindTo(registry);
        }
        registry.getPrometheusRegistry().register(own(source));
    }

    private static MultiCollector own(MetricsSource source) {
        return () -> {
            List<Metric> metrics = source.metrics()
                    .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .join();
            return new MetricSnapshots(
                    metrics.stream().map(PrometheusPage::snapshot).toList());
        };
    }

    private static MetricSnapshot snapshot(Metric metric) {
        return switch (metric.type()) {
            case COUNTER -> {
                CounterSnapshot.Builder family =
                        CounterSnapshot.builder().name(metric.name()).help(metric.help());
                for (Metric.Value value : metric.values()) {
                    family.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                            .value(value.number())
                            .labels(Labels.of(metric.labels(), value.labels()))
                            .build());
                }
                yield family.build();
            }
            case GAUGE -> {
                GaugeSnapshot.Builder family =
                        GaugeSnapshot.builder().name(metric.name()).help(metric.help());
                for (Metric.Value value : metric.values()) {
                    family.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                            .value(value.number())
                            .labels(Labels.of(metric.labels(), value.labels()))
                            .build());
                }
                yield family.build();
            }
            case HISTOGRAM -> histogram(metric);
        };
    }

    private static MetricSnapshot histogram(Metric metric) {
        HistogramSnapshot.Builder family =
                HistogramSnapshot.builder().name(metric.name()).help(metric.help());
        double[] bounds = Latencies.boundsSeconds();
        for (Metric.Value value : metric.values()) {
            ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
            long[] counts = value.histogram().buckets();
            for (int i = 0; i < counts.length; i++) {
                buckets.bucket(i < bounds.length ? bounds[i] : Double.POSITIVE_INFINITY, counts[i]);
            }
            family.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                    .classicHistogramBuckets(buckets.build())
                    .sum(value.histogram().sumSeconds())
                    .labels(Labels.of(metric.labels(), value.labels()))
                    .build());
        }
        return family.build();
    }

    /** In the text format that the {@code Accept} header asks for. */
    String render(String contentType) {
        return registry.scrape(contentType);
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }
}

package org.pgweir.bench.compare;

import org.HdrHistogram.Histogram;

/**
 * What one run of a load has found.
 *
 * @param transactions that were processed
 * @param failed that were not
 * @param micros the latencies, in microseconds
 */
record Run(long transactions, long failed, double perSecond, Histogram micros) {}

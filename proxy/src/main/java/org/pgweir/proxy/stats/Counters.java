package org.pgweir.proxy.stats;

/** What SHOW STATS counts, for one pool on one loop, or summed. Written by one thread; times in nanoseconds. */
public final class Counters {
    public long serverAssignments;
    public long transactions;
    public long queries;
    public long bytesReceived;
    public long bytesSent;
    public long transactionNanos;
    public long queryNanos;
    public long waitNanos;
    public long clientParses;
    public long serverParses;
    public long binds;

    /** Servers that were lent to another loop. */
    public long lends;

    public Counters plus(Counters other) {
        Counters sum = new Counters();
        sum.serverAssignments = serverAssignments + other.serverAssignments;
        sum.transactions = transactions + other.transactions;
        sum.queries = queries + other.queries;
        sum.bytesReceived = bytesReceived + other.bytesReceived;
        sum.bytesSent = bytesSent + other.bytesSent;
        sum.transactionNanos = transactionNanos + other.transactionNanos;
        sum.queryNanos = queryNanos + other.queryNanos;
        sum.waitNanos = waitNanos + other.waitNanos;
        sum.clientParses = clientParses + other.clientParses;
        sum.serverParses = serverParses + other.serverParses;
        sum.binds = binds + other.binds;
        sum.lends = lends + other.lends;
        return sum;
    }
}

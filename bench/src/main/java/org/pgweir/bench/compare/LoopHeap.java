package org.pgweir.bench.compare;

import com.sun.management.ThreadMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * Asks a running pgweir, over JMX, what its event loops have allocated on the heap. The agent that this starts there stays, so memory
 * is to be measured before.
 */
final class LoopHeap implements AutoCloseable {
    private static final String LOOP = "pgweir-loop";

    private final JMXConnector connector;
    private final ThreadMXBean threads;
    private final long[] loops;

    private LoopHeap(JMXConnector connector) throws IOException {
        this.connector = connector;
        threads = ManagementFactory.getPlatformMXBean(connector.getMBeanServerConnection(), ThreadMXBean.class);
        loops = Stream.of(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().startsWith(LOOP))
                .mapToLong(ThreadInfo::getThreadId)
                .toArray();
    }

    /** Nothing if that JVM does not allow it, or if this one is no JDK. */
    static Optional<LoopHeap> attach(long pid) {
        try {
            VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
            try {
                JMXServiceURL address = new JMXServiceURL(machine.startLocalManagementAgent());
                LoopHeap heap = new LoopHeap(JMXConnectorFactory.connect(address));
                return Optional.of(heap);
            } finally {
                machine.detach();
            }
        } catch (IOException | AttachNotSupportedException | NoClassDefFoundError notHere) {
            return Optional.empty();
        }
    }

    /** Since the start of the loops, all together. */
    long allocatedBytes() {
        return LongStream.of(threads.getThreadAllocatedBytes(loops)).sum();
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }
}

package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgweir.protocol.Buffers.bytes;
import static org.pgweir.protocol.Buffers.drain;
import static org.pgweir.protocol.Buffers.frame;
import static org.pgweir.protocol.Buffers.int4;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.protocol.BackendMessages.ColumnType;

/** The bytes of each message against those of the documentation, written by hand. */
class MessageLayoutTest {
    private static final CancelKey KEY = new CancelKey(0x01020304, new byte[] {5, 6, 7, 8, 9});

    @RegisterExtension
    final Buffers buffers = new Buffers();

    private void assertWritten(Consumer<ByteBuf> message, byte[] expected) {
        ByteBuf out = buffers.empty().writeByte('<');
        message.accept(out);
        assertThat(drain(out)).isEqualTo(bytes('<', expected));
    }

    @Test
    void givenTheAuthenticationMessagesWhenWrittenThenTheBytesAreRight() {
        assertWritten(BackendMessages::authenticationOk, bytes('R', 0, 0, 0, 8, 0, 0, 0, 0));
        assertWritten(BackendMessages::authenticationCleartextPassword, bytes('R', 0, 0, 0, 8, 0, 0, 0, 3));
        assertWritten(
                out -> BackendMessages.authenticationMd5Password(out, new byte[] {1, 2, 3, 4}),
                bytes('R', 0, 0, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4));
        assertWritten(
                out -> BackendMessages.authenticationSasl(out, List.of("A", "BC")),
                bytes('R', 0, 0, 0, 14, 0, 0, 0, 10, 'A', 0, 'B', 'C', 0, 0));
        assertWritten(
                out -> BackendMessages.authenticationSaslContinue(out, "r=1"),
                bytes('R', 0, 0, 0, 11, 0, 0, 0, 11, "r=1"));
        assertWritten(
                out -> BackendMessages.authenticationSaslFinal(out, "v=1"),
                bytes('R', 0, 0, 0, 11, 0, 0, 0, 12, "v=1"));
    }

    @Test
    void givenTheEndOfALoginWhenWrittenThenTheBytesAreRight() {
        assertWritten(
                out -> BackendMessages.parameterStatus(out, "a", "ü"), bytes('S', 0, 0, 0, 9, 'a', 0, 0xc3, 0xbc, 0));
        assertWritten(
                out -> BackendMessages.backendKeyData(out, KEY), bytes('K', 0, 0, 0, 13, 1, 2, 3, 4, 5, 6, 7, 8, 9));
        assertWritten(
                out -> BackendMessages.negotiateProtocolVersion(
                        out, StartupPacket.VERSION_3_2, List.of("_pq_.a", "_pq_.b")),
                bytes('v', 0, 0, 0, 26, 0, 3, 0, 2, 0, 0, 0, 2, "_pq_.a", 0, "_pq_.b", 0));
        assertWritten(out -> BackendMessages.errorResponseVersion2(out, "FATAL:  old\n"), bytes("EFATAL:  old\n", 0));
    }

    @Test
    void givenReadyForQueryWhenWrittenThenTheBytesAreRight() {
        assertWritten(out -> BackendMessages.readyForQuery(out, Backend.IN_TRANSACTION), bytes('Z', 0, 0, 0, 5, 'T'));
    }

    @Test
    void givenAResultWhenWrittenThenTheBytesAreRight() {
        assertWritten(
                out -> BackendMessages.rowDescription(
                        out, List.of(new Column("n", ColumnType.INT4), new Column("t", ColumnType.TEXT))),
                frame(
                        'T',
                        bytes(0, 2),
                        bytes('n', 0, int4(0), 0, 0, int4(23), 0, 4, int4(-1), 0, 0),
                        bytes('t', 0, int4(0), 0, 0, int4(25), 255, 255, int4(-1), 0, 0)));
        assertWritten(
                out -> BackendMessages.dataRow(out, Arrays.asList(42, null, "ü", "")),
                frame('D', 0, 4, int4(2), "42", int4(-1), int4(2), 0xc3, 0xbc, int4(0)));
        assertWritten(out -> BackendMessages.commandComplete(out, "SHOW"), bytes('C', 0, 0, 0, 9, "SHOW", 0));
        assertWritten(BackendMessages::emptyQueryResponse, bytes('I', 0, 0, 0, 4));
        assertWritten(out -> BackendMessages.dataRow(out, List.of()), bytes('D', 0, 0, 0, 6, 0, 0));
    }

    @Test
    void givenEachColumnTypeWhenWrittenThenItsObjectIdIsThatOfTheCatalog() {
        assertThat(ColumnType.BOOL.oid()).isEqualTo(16);
        assertThat(ColumnType.INT8.oid()).isEqualTo(20);
        assertThat(ColumnType.INT4.oid()).isEqualTo(23);
        assertThat(ColumnType.TEXT.oid()).isEqualTo(25);
        assertThat(ColumnType.NUMERIC.oid()).isEqualTo(1700);
    }

    @Test
    void givenAStartupPacketWhenWrittenThenItsReaderUnderstandsIt() throws ProtocolViolation {
        // given
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("user", "bob");
        parameters.put("database", "shop");
        ByteBuf out = buffers.empty();
        // when
        FrontendMessages.startup(out, StartupPacket.VERSION_3_0, parameters);
        // then
        assertThat(StartupPacket.read(out.duplicate()))
                .isEqualTo(new StartupPacket.Startup(StartupPacket.VERSION_3_0, parameters));
        assertThat(drain(out))
                .isEqualTo(bytes(0, 0, 0, 32, 0, 3, 0, 0, "user", 0, "bob", 0, "database", 0, "shop", 0, 0));
    }

    @Test
    void givenACancelRequestWhenWrittenThenTheBytesAreRight() {
        assertWritten(
                out -> FrontendMessages.cancelRequest(out, KEY),
                bytes(0, 0, 0, 17, 4, 210, 22, 46, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    }

    @Test
    void givenTheMessagesToAServerWhenWrittenThenTheBytesAreRight() {
        assertWritten(out -> FrontendMessages.query(out, "BEGIN"), bytes('Q', 0, 0, 0, 10, "BEGIN", 0));
        assertWritten(out -> FrontendMessages.password(out, "pw"), bytes('p', 0, 0, 0, 7, "pw", 0));
        assertWritten(
                out -> FrontendMessages.saslInitialResponse(out, "M", "ü"),
                bytes('p', 0, 0, 0, 12, 'M', 0, 0, 0, 0, 2, 0xc3, 0xbc));
        assertWritten(out -> FrontendMessages.saslResponse(out, "c=1"), bytes('p', 0, 0, 0, 7, "c=1"));
        assertWritten(FrontendMessages::sync, bytes('S', 0, 0, 0, 4));
        assertWritten(out -> FrontendMessages.copyFail(out, "no"), bytes('f', 0, 0, 0, 7, "no", 0));
        assertWritten(FrontendMessages::terminate, bytes('X', 0, 0, 0, 4));
    }
}

package org.pgweir.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgweir.protocol.BackendMessages.Column;
import org.pgweir.protocol.BackendMessages.ColumnType;

class ExtendedQueryTest {
    private static ByteBuf body(Object... parts) {
        ByteBuf body = Unpooled.buffer();
        for (Object part : parts) {
            if (part instanceof String text) {
                body.writeCharSequence(text, StandardCharsets.UTF_8);
                body.writeByte(0);
            } else if (part instanceof Short number) {
                body.writeShort(number);
            } else if (part instanceof Integer number) {
                body.writeInt(number);
            } else {
                body.writeByte((Character) part);
            }
        }
        return body;
    }

    private static short s(int value) {
        return (short) value;
    }

    @Test
    void givenTheMessagesOfABatchWhenReadThenTheirFields() throws ProtocolViolation {
        assertThat(ExtendedQuery.readParse(body("n", "SHOW x", s(1), 23)))
                .isEqualTo(new ExtendedQuery.Parse("n", "SHOW x"));
        ExtendedQuery.Bind bind =
                ExtendedQuery.readBind(body("p", "n", s(1), s(0), s(2), 1, 'x', -1, s(2), s(0), s(1)));
        assertThat(bind.portal()).isEqualTo("p");
        assertThat(bind.statement()).isEqualTo("n");
        assertThat(bind.parameters()).isEqualTo(2);
        assertThat(bind.formats().isBinary(0)).isFalse();
        assertThat(bind.formats().isBinary(1)).isTrue();
        assertThat(bind.formats().fits(2)).isTrue();
        assertThat(bind.formats().fits(3)).isFalse();
        assertThat(ExtendedQuery.readTarget(body('P', "p"))).isEqualTo(new ExtendedQuery.Target(true, "p"));
        assertThat(ExtendedQuery.readTarget(body('S', ""))).isEqualTo(new ExtendedQuery.Target(false, ""));
        assertThat(ExtendedQuery.readExecute(body("p", 7))).isEqualTo(new ExtendedQuery.Execute("p", 7));
        assertThat(ExtendedQuery.readExecute(body("p", -7))).isEqualTo(new ExtendedQuery.Execute("p", 0));
    }

    @Test
    void givenAnyEndThatIsMissingWhenReadThenAViolation() {
        ByteBuf whole = body("p", "n", s(1), s(0), s(1), 1, 'x', s(1), s(1));
        for (int length = 0; length < whole.readableBytes(); length++) {
            ByteBuf cut = whole.slice(0, length);
            assertThatThrownBy(() -> ExtendedQuery.readBind(cut)).isInstanceOf(ProtocolViolation.class);
        }
        assertThatThrownBy(() -> ExtendedQuery.readBind(body("", "", s(0), s(0), s(1), s(2))))
                .isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> ExtendedQuery.readTarget(body())).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> ExtendedQuery.readTarget(body('X', ""))).isInstanceOf(ProtocolViolation.class);
        assertThatThrownBy(() -> ExtendedQuery.readExecute(body("", s(1)))).isInstanceOf(ProtocolViolation.class);
    }

    /** The bytes are those of PostgreSQL's numeric_send. */
    @ParameterizedTest
    @CsvSource({
        "0, 0000 0000 0000 0000",
        "1, 0001 0000 0000 0000 0001",
        "-1, 0001 0000 4000 0000 0001",
        "9999, 0001 0000 0000 0000 270f",
        "10000, 0001 0001 0000 0000 0001",
        "123456789, 0003 0002 0000 0000 0001 0929 1a85",
        "9223372036854775807, 0005 0004 0000 0000 039a 0d2c 0170 1565 16af",
        "-9223372036854775808, 0005 0004 4000 0000 039a 0d2c 0170 1565 16b0"
    })
    void givenAWholeNumberWhenWrittenAsBinaryNumericThenPostgresqlsBytes(long value, String hex) {
        ByteBuf out = Unpooled.buffer();
        BinaryValue.write(out, ColumnType.NUMERIC, value);
        StringBuilder words = new StringBuilder();
        assertThat(out.readInt()).isEqualTo(out.readableBytes());
        while (out.isReadable()) {
            words.append(String.format("%04x ", out.readUnsignedShort()));
        }
        assertThat(words.toString().strip()).isEqualTo(hex);
    }

    @Test
    void givenOtherTypesWhenWrittenInBinaryThenTheirBytes() {
        ByteBuf out = Unpooled.buffer();
        List<Column> columns = List.of(
                new Column("a", ColumnType.INT4),
                new Column("b", ColumnType.INT8),
                new Column("c", ColumnType.BOOL),
                new Column("d", ColumnType.TEXT),
                new Column("e", ColumnType.INT4));
        BackendMessages.dataRow(out, columns, java.util.Arrays.asList(7L, 8, true, "é", null), new ResultFormats(true));
        out.skipBytes(5);
        assertThat(out.readShort()).isEqualTo((short) 5);
        assertThat(out.readInt()).isEqualTo(4);
        assertThat(out.readInt()).isEqualTo(7);
        assertThat(out.readInt()).isEqualTo(8);
        assertThat(out.readLong()).isEqualTo(8);
        assertThat(out.readInt()).isEqualTo(1);
        assertThat(out.readByte()).isEqualTo((byte) 1);
        assertThat(out.readInt()).isEqualTo(2);
        assertThat(out.readCharSequence(2, StandardCharsets.UTF_8)).hasToString("é");
        assertThat(out.readInt()).isEqualTo(-1);
        assertThat(out.isReadable()).isFalse();
    }
}

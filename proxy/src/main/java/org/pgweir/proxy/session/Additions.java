package org.pgweir.proxy.session;

/**
 * What pgweir lets follow a statement of the client's within the same Query: in the same transaction, before the client's next
 * statement, and with the same fate. The client does not see its CommandComplete. On the client's loop.
 */
public interface Additions {
    /** There are none. */
    Additions NONE = new Additions() {
        @Override
        public boolean begin(SqlText text) {
            return false;
        }

        @Override
        public Addition behind(NameUse use) {
            return null;
        }
    };

    /**
     * Statements of SQL.
     *
     * @param sql with semicolons between them; each char is a byte
     * @param count how many they are
     */
    record Addition(String sql, int count) {}

    /** This text is about to go to the server; returns whether {@link #behind} is to be asked for its statements. */
    boolean begin(SqlText text);

    /** What must be said behind this RESET or UNLISTEN; null for nothing. Called once for each, in the order of the text. */
    Addition behind(NameUse use);
}

package org.pgweir.proxy.admin;

/** The notice of SHOW HELP. */
final class ShowHelp {
    private static final String TEXT = String.join(
            "\n\t",
            "",
            "SHOW HELP|CONFIG|DATABASES|POOLS|CLIENTS|SERVERS|USERS|VERSION",
            "SHOW PEERS|PEER_POOLS",
            "SHOW FDS|SOCKETS|ACTIVE_SOCKETS|LISTS|MEM|STATE",
            "SHOW DNS_HOSTS|DNS_ZONES",
            "SHOW STATS|STATS_TOTALS|STATS_AVERAGES|TOTALS",
            "SHOW HOSTS|LATENCY|PINS",
            "SET key = arg",
            "RELOAD",
            "PAUSE [<db>]",
            "RESUME [<db>]",
            "DISABLE <db>",
            "ENABLE <db>",
            "RECONNECT [<db>]",
            "KILL [<db>]",
            "KILL_CLIENT <client_id>",
            "SUSPEND",
            "SHUTDOWN",
            "SHUTDOWN WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS",
            "WAIT_CLOSE [<db>]");

    private ShowHelp() {}

    static Answer answer() {
        return Answer.done("SHOW").withNotice("Console usage", TEXT);
    }
}

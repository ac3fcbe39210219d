package org.pgweir.config;

import java.util.Locale;

/** The facilities of syslog(3). */
public enum SyslogFacility {
    AUTH(4),
    AUTHPRIV(10),
    CRON(9),
    DAEMON(3),
    FTP(11),
    KERN(0),
    LPR(6),
    MAIL(2),
    NEWS(7),
    SYSLOG(5),
    USER(1),
    UUCP(8),
    LOCAL0(16),
    LOCAL1(17),
    LOCAL2(18),
    LOCAL3(19),
    LOCAL4(20),
    LOCAL5(21),
    LOCAL6(22),
    LOCAL7(23);

    private final int number;

    SyslogFacility(int number) {
        this.number = number;
    }

    /** Its number in a message's priority. */
    public int number() {
        return number;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

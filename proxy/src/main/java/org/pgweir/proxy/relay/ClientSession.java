package org.pgweir.proxy.relay;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.pgweir.config.SessionFeatures;
import org.pgweir.config.SessionFeatures.Feature;
import org.pgweir.config.SessionFeatures.Policy;
import org.pgweir.protocol.ErrorMessage;
import org.pgweir.proxy.server.TrackedParameters;
import org.pgweir.proxy.session.Attribution;
import org.pgweir.proxy.session.CustomSettings;
import org.pgweir.proxy.session.Effect;
import org.pgweir.proxy.session.NameUse;
import org.pgweir.proxy.session.PinReason;
import org.pgweir.proxy.session.SchemaChanges;
import org.pgweir.proxy.session.SessionQuestion;
import org.pgweir.proxy.session.SessionQuestion.Topic;
import org.pgweir.proxy.session.SessionState;
import org.pgweir.proxy.session.SqlContext;
import org.pgweir.proxy.session.SqlDialect;
import org.pgweir.proxy.session.SqlText;

/**
 * What a client's session holds besides its prepared statements: settings, and what pins it to its server. It notes what the client's
 * SQL may do; after the transaction the server is asked what is true of it.
 */
final class ClientSession {
    private static final Map<Feature, Set<Effect>> EFFECTS = new EnumMap<>(Map.of(
            Feature.SETTINGS, EnumSet.of(Effect.SETTINGS, Effect.OPAQUE_SETTINGS, Effect.RESETS),
            Feature.LISTEN, EnumSet.of(Effect.LISTENS),
            Feature.TEMPORARY_TABLES, EnumSet.of(Effect.TEMPORARY, Effect.TEMPORARY_END),
            Feature.ADVISORY_LOCKS, EnumSet.of(Effect.ADVISORY_LOCK, Effect.ADVISORY_UNLOCK),
            Feature.HOLD_CURSORS, EnumSet.of(Effect.HOLD_CURSOR, Effect.CURSOR_CLOSE),
            Feature.LOAD, EnumSet.of(Effect.LOAD),
            Feature.CODE, EnumSet.of(Effect.CODE)));

    /** Of no interest unless the session has something that they may end. */
    private static final Map<Effect, PinReason> ENDS = new EnumMap<>(Map.of(
            Effect.TEMPORARY_END, PinReason.TEMPORARY_TABLES,
            Effect.ADVISORY_UNLOCK, PinReason.ADVISORY_LOCKS,
            Effect.CURSOR_CLOSE, PinReason.HOLD_CURSORS));

    /** Settings that take more than this stay where they are, and the client with them. */
    private static final int LARGEST_STATE = 64 * 1024;

    private static final Set<Feature> SETTINGS_ONLY = EnumSet.of(Feature.SETTINGS);

    /** What says as whom statements run. */
    private static final Set<String> USER = Set.of("role", "session_authorization");

    private static final int MOST_CUSTOM_SETTINGS = 500;

    private static final AtomicLong NUMBERS = new AtomicLong();

    private final SessionState startup;

    /** Few clients have any; so this and the following are shared until there is one. */
    private Set<PinReason> pins = Collections.emptySet();

    private Set<Feature> touched = Collections.emptySet();
    private Set<String> customSettings = Set.of();
    private Set<String> customTakenBack = Collections.emptySet();

    private final CustomSettings customOfAll;
    private final long number = NUMBERS.incrementAndGet();

    private final LoneSetting lone = new LoneSetting();
    private final LastReset lastReset = new LastReset();
    private final Unlistens unlistens = new Unlistens();
    private SessionFeatures features;
    private SessionState state;
    private boolean uncarried;
    private boolean meaningInDoubt;
    private boolean changesSchema;
    private boolean hidden;
    private SessionQuestion askedBefore;
    private boolean asked;
    private Set<String> named = Set.of();
    private boolean namesAll;
    private boolean namesUser;
    private Set<String> reset = Set.of();
    private boolean resetsAll;
    private boolean hadPin;
    private boolean hadTemporary;
    private boolean firstTemporary;
    private long pinnedAtNanos;

    /**
     * @param startup what the client asked for when it connected
     * @param customOfAll hears of the custom settings that the client names
     */
    ClientSession(SessionState startup, CustomSettings customOfAll) {
        this.startup = startup;
        this.customOfAll = customOfAll;
        state = startup;
        for (String name : startup.settings().keySet()) {
            if (name.indexOf('.') >= 0) {
                customSettings = with(customSettings, name);
            }
        }
    }

    private void pin(PinReason reason) {
        if (pins == Collections.<PinReason>emptySet()) {
            pins = EnumSet.noneOf(PinReason.class);
        }
        pins.add(reason);
    }

    private void touch(Feature feature) {
        if (touched == Collections.<Feature>emptySet()) {
            touched = EnumSet.noneOf(Feature.class);
        }
        touched.add(feature);
    }

    void features(SessionFeatures now) {
        features = now;
    }

    /** Stands for the client, for longer than it is there. */
    long number() {
        return number;
    }

    /** What a server must have been told before the client may use it. */
    SessionState state() {
        return state;
    }

    // ---------------------------------------------------------------- what the client says

    /**
     * Takes note of SQL that goes to the server.
     *
     * @param runs whether it is to be executed, and not only prepared
     * @return the error if the operator does not want such a statement; else null
     */
    ErrorMessage note(SqlText text, boolean runs) {
        if (runs && text.has(Effect.DEFINES)) {
            changesSchema = true;
            SchemaChanges.happened();
        }
        if (text.leavesNothing()) {
            return null;
        }
        boolean hasTemporary = text.has(Effect.TEMPORARY) || text.has(Effect.SHADOWS);
        meaningInDoubt |= text.has(Effect.MEANING) || hasTemporary;
        firstTemporary |= hasTemporary && runs && !hadTemporary;
        hadTemporary |= firstTemporary;

        for (Map.Entry<Feature, Set<Effect>> feature : EFFECTS.entrySet()) {
            for (Effect effect : feature.getValue()) {
                if (text.has(effect) && matters(effect)) {
                    Policy policy = features.of(feature.getKey());
                    if (policy == Policy.REJECT) {
                        return rejection(feature.getKey());
                    }
                    if (policy != Policy.IGNORE) {
                        touch(feature.getKey());
                    }
                }
            }
        }
        if (runs && touched.contains(Feature.LISTEN)) {
            text.names().forEach(unlistens::note);
        }
        if (touched.contains(Feature.SETTINGS)) {
            for (NameUse use : text.names()) {
                switch (use.kind()) {
                    case RESET -> reset = with(reset, use.name());
                    case RESET_ALL, DISCARD_ALL -> {
                        resetsAll = true;
                        namesAll = true;
                        namesUser |= use.kind() == NameUse.Kind.DISCARD_ALL;
                        uncarried = false;
                    }
                    default -> {}
                }
            }
            // PostgreSQL does not list settings with a dot in their names.
            uncarried |= text.has(Effect.OPAQUE_SETTINGS);
        }
        if (touched.contains(Feature.SETTINGS) || touched.contains(Feature.CODE)) {
            for (String name : text.settingNames()) {
                if (!text.has(Effect.CODE)) {
                    named = with(named, name);
                }
                if (name.indexOf('.') >= 0) {
                    addCustom(name);
                    customTakenBack.remove(name);
                }
            }
            noteCustomTakenBack(text);
        }
        return null;
    }

    private void noteCustomTakenBack(SqlText text) {
        for (NameUse use : text.names()) {
            switch (use.kind()) {
                case RESET -> {
                    if (customSettings.contains(use.name())) {
                        customTakenBack = with(customTakenBack, use.name());
                    }
                }
                case RESET_ALL, DISCARD_ALL -> {
                    for (String name : customSettings) {
                        customTakenBack = with(customTakenBack, name);
                    }
                }
                default -> {}
            }
        }
    }

    private static Set<String> with(Set<String> names, String name) {
        Set<String> more = names.isEmpty() ? new TreeSet<>() : names;
        more.add(name);
        return more;
    }

    private void addCustom(String name) {
        customOfAll.seen(name, number);
        if (customSettings.size() < MOST_CUSTOM_SETTINGS) {
            customSettings = with(customSettings, name);
        } else {
            uncarried |= !customSettings.contains(name);
        }
    }

    /** SQL that was too long to be looked at. */
    void noteUnread() {
        meaningInDoubt = true;
        for (Feature feature : EFFECTS.keySet()) {
            if (features.of(feature) != Policy.IGNORE && feature != Feature.LOAD) {
                touch(feature);
            }
        }
    }

    /**
     * Whether what this does to settings, which its text does not tell, can be told only from what the server has before and after it.
     * To be called where others may have left some there.
     */
    boolean mustKnowBefore(SqlText text) {
        boolean code = text.has(Effect.CODE) && isFollowed(Feature.CODE);
        boolean opaque = text.has(Effect.OPAQUE_SETTINGS);
        boolean must = (code || opaque) && isFollowed(Feature.SETTINGS) && !asked;
        if (must) {
            for (String name : text.settingNames()) {
                if (name.indexOf('.') >= 0) {
                    addCustom(name);
                }
            }
        }
        return must;
    }

    private boolean isFollowed(Feature feature) {
        Policy policy = features.of(feature);
        return policy == Policy.TRACK || policy == Policy.PIN;
    }

    /** Whether others must not meet what functions may leave, which the client calls. */
    boolean mindsFunctions() {
        return features.of(Feature.FUNCTIONS) != Policy.IGNORE;
    }

    /** What to ask the server, logged in as this user, before such a statement. */
    SessionQuestion questionBefore(String user) {
        return new SessionQuestion(EnumSet.of(Topic.SETTINGS), customOfAll.and(customSettings), user);
    }

    /** The server has answered {@link #questionBefore}; null if it could not. */
    void asked(SessionQuestion answered) {
        askedBefore = answered;
        asked = true;
    }

    private boolean matters(Effect effect) {
        PinReason ended = ENDS.get(effect);
        return ended == null || pins.contains(ended);
    }

    private static ErrorMessage rejection(Feature feature) {
        String name = feature.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return ErrorMessage.error("0A000", name + " are not allowed through this pooler's database")
                .withDetail("The operator has set session_features to reject them, since sessions share servers.")
                .withHint(
                        "Use a database entry with pool_mode = session, or ask for another value of session_features.");
    }

    // ---------------------------------------------------------------- what the server says

    private void schemaIsChanged() {
        if (changesSchema) {
            changesSchema = false;
            SchemaChanges.happened();
        }
    }

    /** Whether the server must be asked before anybody else may have it. */
    boolean isUnsettled() {
        return !touched.isEmpty();
    }

    /** The transaction is over, and what it left behind is known: what was set for it only is gone. */
    void transactionOver() {
        schemaIsChanged();
        meaningInDoubt = false;
    }

    /** How PostgreSQL understands what the client prepares; null while that is in doubt. */
    SqlContext sqlContext(SqlDialect dialect, TrackedParameters parameters) {
        boolean known = !meaningInDoubt
                && !pins.contains(PinReason.UNKNOWN)
                && !pins.contains(PinReason.SETTINGS)
                && !pins.contains(PinReason.TEMPORARY_TABLES);
        return known ? SqlContext.of(dialect, parameters.styles(), state) : null;
    }

    /** Whether the client has, or is about to have, temporary objects for the first time; true only once. */
    boolean takeFirstTemporary() {
        boolean first = firstTemporary;
        firstTemporary = false;
        return first;
    }

    /** Whether the transaction may have begun or ended to listen. */
    boolean mayListen() {
        return touched.contains(Feature.LISTEN) || touched.contains(Feature.CODE);
    }

    boolean isPinned() {
        return !pins.isEmpty();
    }

    Set<PinReason> pins() {
        return pins;
    }

    long pinnedAtNanos() {
        return pinnedAtNanos;
    }

    /** Whether code has run that may have set settings with a dot in their names, which PostgreSQL does not list. */
    boolean takeHiddenSettings() {
        boolean was = hidden;
        hidden = false;
        return was;
    }

    /** To be told of what the client sends and the server answers. */
    LoneSetting lone() {
        return lone;
    }

    /** See {@link LastReset}. */
    LastReset lastReset() {
        return lastReset;
    }

    /** Whether {@link #sent} needs to be called. */
    boolean countsMessages() {
        return lone.isPossible() || lastReset.isPossible();
    }

    /** A message of the client's goes to the server. */
    void sent(byte type) {
        if (lone.isPossible()) {
            lone.sent(type);
        }
        if (lastReset.isPossible()) {
            lastReset.sent(type);
        }
    }

    /** A statement of this text is about to be bound. */
    void runs(SqlText text) {
        if (text.has(Effect.RESETS) && tracksSettings() && text.names().size() == 1) {
            lastReset.bound(text.names().get(0));
        }
    }

    /** A Query of this text is about to be sent. */
    void queries(SqlText text) {
        resetsAreFollowed();
        // Nothing can be added to this one.
        boolean discards = text.statements() == 1
                && text.names().size() == 1
                && text.names().get(0).kind() == NameUse.Kind.DISCARD_ALL;
        if (discards && tracksSettings()) {
            lastReset.queried(text.names().get(0));
        }
    }

    /** What the client has reset so far was, or will be at once, set to what it began with. */
    void resetsAreFollowed() {
        reset = Set.of();
        resetsAll = false;
    }

    boolean tracksSettings() {
        return features.of(Feature.SETTINGS) != Policy.IGNORE;
    }

    /** What the server has after the client's last statements; null if it must be asked. */
    private SessionState known(SessionState before) {
        SqlText done = lone.take();
        if (done == null || !touched.equals(SETTINGS_ONLY) || pins.contains(PinReason.UNKNOWN)) {
            return null;
        }
        NameUse use = done.loneSetting();
        if (TrackedParameters.isTracked(use.name())) {
            // The server has reported it.
            return before;
        }
        if (use.kind() == NameUse.Kind.SET) {
            return done.settingValue() == null ? null : before.with(use.name(), done.settingValue());
        }
        // What PostgreSQL does not list is there after a RESET, too, and empty.
        return use.name().indexOf('.') >= 0 ? null : before.with(use.name(), null);
    }

    /**
     * What to ask the server, logged in as this user, for what was touched.
     *
     * @param before what the server had when the client began to touch it
     */
    SessionQuestion question(String user, SessionState before) {
        SessionState known = known(before);
        if (known != null) {
            return new SessionQuestion(known);
        }
        Set<Topic> topics = EnumSet.noneOf(Topic.class);
        for (Feature feature : touched) {
            switch (feature) {
                case CODE -> topics.addAll(EnumSet.allOf(Topic.class));
                case LOAD, PREPARED_STATEMENTS -> {}
                default -> topics.add(Topic.valueOf(feature.name()));
            }
        }
        topics.removeIf(topic -> features.of(Feature.valueOf(topic.name())) == Policy.IGNORE);
        boolean code = touched.contains(Feature.CODE);
        Collection<String> custom = customSettings;
        if (askedBefore != null) {
            custom = askedBefore.and(customSettings);
        } else if (code) {
            custom = customOfAll.and(customSettings);
        }
        return new SessionQuestion(topics, custom, user);
    }

    /**
     * The server has answered.
     *
     * @param alone whether nobody else can have left anything there
     */
    void settled(SessionQuestion answered, boolean alone, long nowNanos) {
        schemaIsChanged();
        Set<Topic> topics = answered.topics();
        boolean large = false;
        if (topics.contains(Topic.SETTINGS)) {
            SessionState found = withStartup(own(answered, alone));
            large = found.bytes() > LARGEST_STATE;
            state = large ? startup : found;
        }
        askedBefore = null;
        asked = false;
        named = Set.of();
        namesAll = false;
        namesUser = false;
        pins.removeIf(pin -> pin == PinReason.UNKNOWN || isAnsweredBy(pin, topics));
        answered.pins().forEach(this::pin);
        firstTemporary |= pins.contains(PinReason.TEMPORARY_TABLES) && !hadTemporary;
        hadTemporary |= firstTemporary;
        if (touched.contains(Feature.LOAD)) {
            pin(PinReason.LOAD);
        }
        if (features.of(Feature.SETTINGS) == Policy.PIN && !state.equals(startup) || large || uncarried) {
            pin(PinReason.SETTINGS);
        }
        hidden |= touched.contains(Feature.CODE);
        touched.clear();
        meaningInDoubt = false;
        pinnedSince(nowNanos);
    }

    /** What of the server's settings is the client's. */
    private SessionState own(SessionQuestion answered, boolean alone) {
        SessionState found = answered.state();
        if (answered.isKnown()) {
            return found;
        }
        SessionState own = found;
        if (!alone) {
            own = new Attribution(state, askedBefore, this::isNamed).own(found);
            hidden |= Attribution.leavesAny(found, own);
        }
        for (Map.Entry<String, String> setting : own.settings().entrySet()) {
            boolean isNew = setting.getKey().indexOf('.') >= 0 && !customSettings.contains(setting.getKey());
            boolean isTakenBack = Attribution.isTakenBack(setting.getKey(), setting.getValue());
            if (customTakenBack.contains(setting.getKey()) && isTakenBack) {
                own = own.with(setting.getKey(), SessionState.TAKEN_BACK);
            } else if (isNew && isTakenBack) {
                own = own.with(setting.getKey(), null);
            } else if (isNew) {
                addCustom(setting.getKey());
            }
        }
        return own;
    }

    /** Whether the client's SQL has named it since the server was settled the last time. */
    private boolean isNamed(String setting) {
        return named.contains(setting.toLowerCase(Locale.ROOT))
                || namesAll && state.settings().containsKey(setting)
                || namesUser && USER.contains(setting);
    }

    private static boolean isAnsweredBy(PinReason pin, Set<Topic> topics) {
        return topics.stream().anyMatch(topic -> topic.name().equals(pin.name()));
    }

    /** What the client asked for when it connected comes back where it has set nothing since. */
    private SessionState withStartup(SessionState found) {
        TreeMap<String, String> settings = new TreeMap<>(startup.settings());
        settings.putAll(found.settings());
        return new SessionState(settings, found.role(), found.authorization());
    }

    /** The server could not tell. */
    void unsettled(long nowNanos) {
        schemaIsChanged();
        touched.clear();
        pin(PinReason.UNKNOWN);
        pinnedSince(nowNanos);
    }

    private void pinnedSince(long nowNanos) {
        if (pins.isEmpty()) {
            pinnedAtNanos = 0;
        } else if (pinnedAtNanos == 0) {
            pinnedAtNanos = nowNanos;
        }
    }

    /** Whether the client is pinned, for the first time that this is asked of it. */
    boolean isFirstPin() {
        boolean first = isPinned() && !hadPin;
        hadPin |= first;
        return first;
    }

    /** The pool's shared connection listens for the client: its server need not. */
    void listensElsewhere() {
        pins.remove(PinReason.LISTEN);
        if (pins.isEmpty()) {
            pinnedAtNanos = 0;
        }
    }

    boolean sharesListening() {
        return features.of(Feature.LISTEN) == Policy.TRACK;
    }

    /** What becomes of the client's UNLISTEN. */
    Unlistens unlistens() {
        return unlistens;
    }

    /** Which settings went back to what they were at the session's start, since the last call. */
    Predicate<String> takeReset() {
        boolean all = resetsAll;
        Set<String> names = Set.copyOf(reset);
        resetsAreFollowed();
        return name -> all || names.contains(name.toLowerCase(Locale.ROOT));
    }

    /** The server has gone, and with it what it held. */
    void serverLost() {
        schemaIsChanged();
        pins.clear();
        touched.clear();
        pinnedAtNanos = 0;
    }
}

package org.pgweir.proxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Who may know whom: the table of the design, section "The house". */
@AnalyzeClasses(packages = "org.pgweir", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String PROXY = "org.pgweir.proxy";
    private static final String PROTOCOL = "org.pgweir.protocol";
    private static final String CONFIG = "org.pgweir.config";

    /** Each room with those that it may use, itself left out. A room may use only those that stand above it. */
    private static final Map<String, List<String>> ROOMS = rooms();

    private static Map<String, List<String>> rooms() {
        Map<String, List<String>> rooms = new LinkedHashMap<>();
        rooms.put("process", List.of(CONFIG));
        rooms.put("net", List.of(CONFIG));
        rooms.put("stats", List.of("net", PROTOCOL, CONFIG));
        rooms.put("route", List.of("net", "stats", PROTOCOL, CONFIG));
        rooms.put("auth", List.of("net", "route", PROTOCOL, CONFIG));
        rooms.put("session", List.of(PROTOCOL));
        rooms.put("server", List.of("net", "auth", "route", "stats", "session", PROTOCOL, CONFIG));
        rooms.put("pool", List.of("server", "session", "route", "auth", "stats", "net", PROTOCOL, CONFIG));
        rooms.put("relay", List.of("pool", "server", "session", "stats", "net", PROTOCOL, CONFIG));
        rooms.put("client", allAbove(rooms));
        rooms.put("admin", allAbove(rooms));
        return rooms;
    }

    private static List<String> allAbove(Map<String, List<String>> rooms) {
        List<String> all = new ArrayList<>(rooms.keySet());
        all.add(PROTOCOL);
        all.add(CONFIG);
        return all;
    }

    private static String packageOf(String room) {
        return room.startsWith("org.") ? room : PROXY + "." + room;
    }

    /** The room of a class, or the outer package that it belongs to; null for libraries. */
    private static String roomOf(JavaClass one) {
        String name = one.getPackageName();
        for (String room : ROOMS.keySet()) {
            if (isIn(name, packageOf(room))) {
                return room;
            }
        }
        return isIn(name, PROTOCOL) ? PROTOCOL : isIn(name, CONFIG) ? CONFIG : isIn(name, PROXY) ? PROXY : null;
    }

    private static boolean isIn(String name, String packageName) {
        return name.equals(packageName) || name.startsWith(packageName + ".");
    }

    @ArchTest
    static void givenTheRoomsWhenTheyUseEachOtherThenOnlyAsTheTableSays(JavaClasses all) {
        Set<String> violations = new TreeSet<>();
        for (JavaClass from : all) {
            List<String> allowed = ROOMS.get(roomOf(from));
            if (allowed != null) {
                from.getDirectDependenciesFromSelf().stream()
                        .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                        .filter(to -> roomOf(to) != null && !roomOf(to).equals(roomOf(from)))
                        .filter(to -> !allowed.contains(roomOf(to)))
                        .forEach(to -> violations.add(from.getName() + " uses " + to.getName()));
            }
        }
        assertThat(violations).isEmpty();
    }

    @ArchTest
    static void givenTheTableWhenReadThenEveryArrowRunsUpward(JavaClasses all) {
        List<String> above = new ArrayList<>(List.of(PROTOCOL, CONFIG));
        ROOMS.forEach((room, allowed) -> {
            assertThat(above).as("rooms above %s", room).containsAll(allowed);
            above.add(room);
        });
    }

    @ArchTest
    static void givenThePackagesOfTheProxyWhenListedThenEachIsARoomOfTheTable(JavaClasses all) {
        Set<String> found = all.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(PROXY + "."))
                .map(name -> name.substring(PROXY.length() + 1).split("\\.")[0])
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(found).isEqualTo(new TreeSet<>(ROOMS.keySet()));
    }

    @ArchTest
    static void givenTheMainCodeWhenListedThenEachPackageHasItsDescription(JavaClasses all) {
        Set<String> described = all.stream()
                .filter(one -> one.getSimpleName().equals("package-info"))
                .map(JavaClass::getPackageName)
                .collect(Collectors.toSet());
        Set<String> packages = all.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> isIn(name, PROXY) || isIn(name, PROTOCOL) || isIn(name, CONFIG))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(packages).isNotEmpty();
        assertThat(packages.stream().filter(name -> !described.contains(name) && !hasSource(name)))
                .isEmpty();
    }

    /** A description without annotations leaves no class file. */
    private static boolean hasSource(String packageName) {
        String module = isIn(packageName, PROXY) ? "proxy" : isIn(packageName, PROTOCOL) ? "protocol" : "config";
        return Files.exists(Path.of("..", module, "src/main/java", packageName.replace('.', '/'), "package-info.java"));
    }

    @ArchTest
    static final ArchRule givenTheProtocolWhenItUsesAnythingThenBuffersOnly = classes()
            .that()
            .resideInAPackage(PROTOCOL + "..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(PROTOCOL + "..", "io.netty.buffer", "java..");

    @ArchTest
    static final ArchRule givenTheConfigurationWhenItUsesAnythingThenNoNettyAndNoneOfUs = noClasses()
            .that()
            .resideInAPackage(CONFIG + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty..", PROTOCOL + "..", PROXY + "..");

    @ArchTest
    static final ArchRule givenTheProxyWhenItUsesAnythingThenNothingOfTheTests = noClasses()
            .that()
            .resideInAPackage(PROXY + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.pgweir.testkit..", "org.pgweir.bench..");
}

package org.pgweir.proxy.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/** The container engine of this machine, if it has one, and the images that cannot be built here. */
final class Engine implements ExecutionCondition {

    /** PostgreSQL with pgbench and psql: the official image, or one that understands its settings. */
    static final String POSTGRES_IMAGE = environment("POSTGRES_IMAGE", "postgres:17-bookworm");

    private static final List<String> IMAGES = List.of("debian:bookworm-slim", POSTGRES_IMAGE);
    private static final long LONGEST_PULL_MINUTES = 5;

    /** Looked at once, since it takes a while: why there can be no containers, or null. */
    private static final class Missing {
        static final String REASON = find();
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (environment("PGWEIR_CONTAINERS", "").equals("required")) {
            return ConditionEvaluationResult.enabled("containers are required");
        }
        return Missing.REASON == null
                ? ConditionEvaluationResult.enabled("there is a container engine")
                : ConditionEvaluationResult.disabled(Missing.REASON);
    }

    private static String environment(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    static DockerClient client() {
        return DockerClientFactory.instance().client();
    }

    private static String find() {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            return "no container engine: neither Docker nor DOCKER_HOST";
        }
        try {
            for (String image : IMAGES) {
                if (!isHere(image)
                        && !client().pullImageCmd(image)
                                .start()
                                .awaitCompletion(LONGEST_PULL_MINUTES, TimeUnit.MINUTES)) {
                    return "the image " + image + " did not come within " + LONGEST_PULL_MINUTES + " minutes";
                }
            }
            return null;
        } catch (DockerException e) {
            return "an image is neither here nor to be had: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    private static boolean isHere(String image) {
        try {
            client().inspectImageCmd(image).exec();
            return true;
        } catch (NotFoundException e) {
            return false;
        }
    }
}

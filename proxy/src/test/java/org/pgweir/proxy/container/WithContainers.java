package org.pgweir.proxy.container;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests that need a container engine and its images. They are skipped where there is none; with
 * {@code PGWEIR_CONTAINERS=required} in the environment they run in any case, and fail instead.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(Engine.class)
@interface WithContainers {}

package org.pgweir.proxy.behaviour;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the class, whose constructor takes a {@link Setup}, once for each of {@link Setup#transports()}. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedClass(name = "{0}")
@MethodSource("org.pgweir.proxy.behaviour.Setup#transports")
@ExtendWith(NoComplaints.class)
@interface EveryTransport {}

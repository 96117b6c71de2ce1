/**
 * Benchmarks; never deployed. After {@code mvn -B -DskipTests -pl core,bench -am install}:
 *
 * <pre>
 * mvn -B -q -pl bench dependency:build-classpath -Dmdep.outputFile=target/classpath
 * java -cp bench/target/classes:$(cat bench/target/classpath) org.openjdk.jmh.Main BatchBenchmark
 * </pre>
 */
@NullMarked
package dev.luthier.bench;

import org.jspecify.annotations.NullMarked;

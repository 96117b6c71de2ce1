package dev.luthier.recipe;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.Hashes;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A class that a user wrote: in a source file, which is compiled when it is needed, or in a jar.
 *
 * @param file a .java or a .jar file
 * @param type the class's name, where there are several
 */
record UserCode(Path file, Optional<String> type) {
  private static final String SEE = " See docs/objectives.md#your-own-classes";

  /** Of {@code FILE} or {@code FILE#CLASS}. */
  static UserCode of(String given) {
    int hash = given.lastIndexOf('#');
    return hash < 0
        ? new UserCode(Path.of(given), Optional.empty())
        : new UserCode(Path.of(given.substring(0, hash)), Optional.of(given.substring(hash + 1)));
  }

  /** Whether this is how one is named, and no name of a loss. */
  static boolean isNamedBy(String given) {
    UserCode code = of(given);
    return code.endsWith(".java") || code.endsWith(".jar");
  }

  private boolean endsWith(String suffix) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(suffix);
  }

  /**
   * Checks that it is there.
   *
   * @param flag that names it
   */
  UserCode require(String flag) {
    if (!endsWith(".java") && !endsWith(".jar")) {
      throw new UsageException(file + ": " + flag + " takes a .java or a .jar file." + SEE);
    }
    if (!Files.isRegularFile(file)) {
      throw new UsageException(file + " is not a file; " + flag + " takes a .java or a .jar file");
    }
    return this;
  }

  /** The SHA-256 of the file. */
  String hash() {
    return Hashes.sha256(file);
  }

  /**
   * One of the class.
   *
   * @param api what it implements
   * @throws LuthierException if it does not compile, or there is not exactly one
   */
  <T> T make(Class<T> api) {
    Path classes = endsWith(".java") ? compiled() : file;
    List<String> names =
        type.map(List::of)
            .orElseGet(() -> endsWith(".java") ? classNames(classes) : jarNames(classes));
    List<Class<? extends T>> found = new ArrayList<>();
    try {
      URL[] urls = {classes.toUri().toURL()};
      // It must stay open as long as the class is in use.
      ClassLoader loader = new URLClassLoader(urls, api.getClassLoader());
      for (String name : names) {
        Class<?> one = Class.forName(name, false, loader);
        if (api.isAssignableFrom(one) && !one.isInterface()) {
          found.add(one.asSubclass(api));
        }
      }
      if (found.size() != 1) {
        throw new LuthierException(
            file
                + " has "
                + (found.isEmpty() ? "no class" : found.size() + " classes")
                + " that implement "
                + api.getName()
                + (found.isEmpty() ? "." : ": name one, as in " + file + "#CLASS.")
                + SEE);
      }
      return found.get(0).getDeclaredConstructor().newInstance();
    } catch (MalformedURLException e) {
      throw new LuthierException(file + " cannot be used: " + e.getMessage(), e);
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new LuthierException(
          file
              + ": "
              + e
              + ". The class must be public and have a public constructor without parameters."
              + SEE,
          e);
    }
  }

  private Path compiled() {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      throw new LuthierException(
          "this Java has no compiler, so "
              + file
              + " cannot be used: run Luthier by a JDK, or compile the file into a jar."
              + SEE);
    }
    try {
      Path classes = Files.createTempDirectory("luthier-classes");
      StringWriter said = new StringWriter();
      try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
        boolean compiled =
            compiler
                .getTask(
                    said,
                    files,
                    null,
                    List.of(
                        "-d",
                        classes.toString(),
                        "-cp",
                        System.getProperty("java.class.path", ""),
                        "-proc:none"),
                    null,
                    files.getJavaFileObjects(file))
                .call();
        if (!compiled) {
          throw new LuthierException(file + " does not compile:\n" + said.toString().strip() + SEE);
        }
      }
      try (Stream<Path> all = Files.walk(classes)) {
        all.forEach(p -> p.toFile().deleteOnExit()); // the last one named goes first
      }
      return classes;
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be compiled: " + Reason.of(e), e);
    }
  }

  private static List<String> classNames(Path classes) {
    try (Stream<Path> all = Files.walk(classes)) {
      return all.filter(p -> p.toString().endsWith(".class"))
          .map(p -> className(classes.relativize(p).toString()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> jarNames(Path jar) {
    try (JarFile file = new JarFile(jar.toFile())) {
      return file.stream()
          .map(entry -> entry.getName())
          .filter(name -> name.endsWith(".class") && !name.startsWith("META-INF"))
          .map(UserCode::className)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new LuthierException(jar + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static String className(String path) {
    return path.substring(0, path.length() - ".class".length()).replace('/', '.');
  }

  @Override
  public String toString() {
    return file + type.map(t -> "#" + t).orElse("");
  }
}

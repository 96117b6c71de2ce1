package dev.luthier.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.Reason;
import dev.luthier.train.policy.RewardFunction;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Reward functions that are not models: of Java, of a pattern, behind an address. */
final class RewardSources {
  private static final String SEE = " See docs/policy.md#rewards";
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  private RewardSources() {}

  /** Refuses files and folders that are not there. */
  static void require(RewardSourceSettings settings) {
    settings
        .function()
        .filter(file -> !Files.isRegularFile(file))
        .ifPresent(
            file -> {
              throw new UsageException(
                  file + " is not a file; --reward takes a .java or a .jar file");
            });
    settings
        .model()
        .filter(folder -> !Files.exists(folder))
        .ifPresent(
            folder -> {
              throw new UsageException("reward.model is '" + folder + "', which does not exist");
            });
    settings.regex().ifPresent(RewardSources::regex);
  }

  /** 1 for answers that match as a whole, else 0. */
  static RewardFunction regex(String text) {
    try {
      Pattern pattern = Pattern.compile(text, Pattern.DOTALL);
      return completions ->
          completions.stream()
              .mapToDouble(c -> pattern.matcher(c.text().strip()).matches() ? 1 : 0)
              .toArray();
    } catch (PatternSyntaxException e) {
      throw new UsageException(
          "reward.regex is no pattern: " + e.getDescription() + " at " + e.getIndex());
    }
  }

  /**
   * A class of a source file, which is compiled in memory's temporary folder, or of a jar.
   *
   * @param type its name, where there are several; else empty
   * @throws LuthierException if it does not compile, or there is not exactly one
   */
  static RewardFunction java(Path file, java.util.Optional<String> type) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".java")) {
      Path classes = compiled(file);
      return only(file, classes, type.map(List::of).orElseGet(() -> classNames(classes)));
    }
    if (name.endsWith(".jar")) {
      return only(file, file, type.map(List::of).orElseGet(() -> jarNames(file)));
    }
    throw new UsageException(file + ": --reward takes a .java or a .jar file");
  }

  private static Path compiled(Path file) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      throw new LuthierException(
          "this Java has no compiler, so "
              + file
              + " cannot be used: run Luthier by a JDK, or compile the file into a jar."
              + SEE);
    }
    try {
      Path classes = Files.createTempDirectory("luthier-reward");
      classes.toFile().deleteOnExit();
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
      return classes;
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be compiled: " + Reason.of(e), e);
    }
  }

  private static List<String> classNames(Path classes) {
    try (Stream<Path> all = Files.walk(classes)) {
      return all.filter(p -> p.toString().endsWith(".class"))
          .map(p -> classes.relativize(p).toString())
          .map(RewardSources::className)
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
          .map(RewardSources::className)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new LuthierException(jar + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static String className(String path) {
    return path.substring(0, path.length() - ".class".length()).replace('/', '.');
  }

  private static RewardFunction only(Path file, Path classes, List<String> names) {
    List<Class<?>> found = new ArrayList<>();
    try {
      URL[] urls = {classes.toUri().toURL()};
      // It must stay open as long as the function is in use.
      ClassLoader loader = new URLClassLoader(urls, RewardFunction.class.getClassLoader());
      for (String name : names) {
        Class<?> one = Class.forName(name, false, loader);
        if (RewardFunction.class.isAssignableFrom(one) && !one.isInterface()) {
          found.add(one);
        }
      }
      if (found.size() != 1) {
        throw new LuthierException(
            file
                + " has "
                + (found.isEmpty() ? "no class" : found.size() + " classes")
                + " that implement "
                + RewardFunction.class.getName()
                + (found.isEmpty() ? "." : ": name one in reward.type.")
                + SEE);
      }
      return (RewardFunction) found.get(0).getDeclaredConstructor().newInstance();
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

  /** Posts answers as JSON and reads scores. */
  static RewardFunction http(String address) {
    URI uri;
    try {
      uri = URI.create(address);
    } catch (IllegalArgumentException e) {
      throw new UsageException("reward.url is '" + address + "', not an address");
    }
    HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(30)).build();
    return completions -> {
      ObjectNode body = JSON.createObjectNode();
      ArrayNode all = body.putArray("completions");
      completions.forEach(
          c -> {
            ObjectNode one = all.addObject().put("prompt", c.prompt()).put("completion", c.text());
            one.put("ended", c.ended()).set("columns", JSON.valueToTree(c.columns()));
          });
      return scores(post(client, uri, body.toString()), uri);
    };
  }

  private static String post(HttpClient client, URI uri, String body) {
    try {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(uri)
                  .timeout(PATIENCE)
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new LuthierException(uri + " answered with status " + response.statusCode() + SEE);
      }
      return response.body();
    } catch (IOException e) {
      throw new LuthierException(uri + " cannot be reached: " + Reason.of(e) + "." + SEE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LuthierException("interrupted while " + uri + " scored answers", e);
    }
  }

  private static double[] scores(String body, URI uri) {
    try {
      JsonNode scores = JSON.readTree(body).path("scores");
      if (!scores.isArray()) {
        throw new LuthierException(uri + " answered without a list \"scores\"." + SEE);
      }
      double[] out = new double[scores.size()];
      for (int i = 0; i < out.length; i++) {
        out[i] = scores.get(i).isNull() ? Double.NaN : scores.get(i).asDouble(Double.NaN);
      }
      return out;
    } catch (IOException e) {
      throw new LuthierException(uri + " answered what is not JSON." + SEE, e);
    }
  }
}

package dev.luthier.export.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** TEMPLATEs of published models' chat templates. */
@Tag("interop")
class PublishedTemplatesTest {
  private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");

  @Test
  void print() throws IOException {
    Map<String, String> out = new TreeMap<>();
    for (String folder :
        List.of("chat-templates-llamacpp", "chat-templates-mistral-common", "chat-templates-more")) {
      try (Stream<Path> files = Files.list(Assets.path(folder))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".jinja")).toList()) {
          String name = folder.substring(15) + "/" + file.getFileName();
          try {
            ProvenTemplate t = ProvenTemplate.of(Files.readString(file), TOKENS, "<s>");
            out.put(name, "OK " + t.conversations() + " " + t.unlike() + (System.getProperty("show")!=null? "\n"+t.source():""));
          } catch (LuthierException e) {
            String m = e.getMessage(); out.put(name, "-- " + m.substring(95, Math.min(m.length(), 900)));
          }
        }
      }
    }
    out.forEach((k, v) -> System.err.println(k + ": " + v));
    assertThat(out).isNotEmpty();
  }
}

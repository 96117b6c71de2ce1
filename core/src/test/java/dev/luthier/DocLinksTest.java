package dev.luthier;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What error messages and pages point to is there: the file, and the heading. */
class DocLinksTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** As messages name a page: docs/troubleshooting.md#build, in luthier.cmd with a backslash. */
  private static final Pattern IN_SOURCES =
      Pattern.compile("\\bdocs[/\\\\]([a-z0-9/-]+\\.md)(?:#([a-z0-9-]+))?");

  private static final Pattern IN_PAGES =
      Pattern.compile("\\]\\((?!https?:)([^)#\\s]*)(?:#([^)\\s]+))?\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.*?) *$");

  /** Where a link stands and what it points to; an empty anchor is the page itself. */
  private record Link(Path from, Path page, String anchor) {
    boolean isThere() throws IOException {
      if (!Files.exists(page)) {
        return false;
      }
      return anchor.isEmpty() || anchors(page).contains(anchor);
    }

    @Override
    public String toString() {
      return ROOT.relativize(from) + " -> " + ROOT.relativize(page) + "#" + anchor;
    }
  }

  @Test
  void every_page_that_a_message_names_is_there_with_its_anchor() throws IOException {
    List<Link> links = new ArrayList<>();
    for (Path file : sources()) {
      Matcher m = IN_SOURCES.matcher(Files.readString(file));
      while (m.find()) {
        links.add(new Link(file, ROOT.resolve("docs").resolve(m.group(1)), anchor(m)));
      }
    }
    assertThat(links).extracting(Link::anchor).contains("build", "targets", "resume-differs");
    assertThat(broken(links)).isEmpty();
  }

  @Test
  void every_link_of_a_page_to_another_is_whole() throws IOException {
    List<Link> links = new ArrayList<>();
    for (Path file : pages()) {
      Matcher m = IN_PAGES.matcher(Files.readString(file));
      while (m.find()) {
        Path page =
            m.group(1).isEmpty()
                ? file
                : file.resolveSibling(m.group(1)).toAbsolutePath().normalize();
        links.add(new Link(file, page, anchor(m)));
      }
    }
    assertThat(links).hasSizeGreaterThan(20);
    assertThat(broken(links)).isEmpty();
  }

  @Test
  void a_heading_s_anchor_is_its_words_in_small_letters_with_hyphens() {
    assertThat(slug("A training step")).isEqualTo("a-training-step");
    assertThat(slug("Settings: `luthier config`")).isEqualTo("settings-luthier-config");
  }

  private static List<Link> broken(List<Link> links) throws IOException {
    List<Link> out = new ArrayList<>();
    for (Link link : links) {
      if (!link.isThere()) {
        out.add(link);
      }
    }
    return out;
  }

  private static String anchor(Matcher m) {
    return m.group(2) == null ? "" : m.group(2);
  }

  private static Set<String> anchors(Path page) throws IOException {
    return HEADING
        .matcher(Files.readString(page))
        .results()
        .map(r -> slug(r.group(1)))
        .collect(Collectors.toSet());
  }

  /** As GitHub makes a heading's anchor. */
  private static String slug(String heading) {
    return heading.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
  }

  private static List<Path> sources() throws IOException {
    List<Path> out = new ArrayList<>(List.of(ROOT.resolve("luthier"), ROOT.resolve("luthier.cmd")));
    for (String module : List.of("core", "server", "cli", "bench")) {
      Path main = ROOT.resolve(module).resolve("src/main");
      if (Files.isDirectory(main)) {
        out.addAll(files(main, ".java"));
      }
    }
    return out;
  }

  private static List<Path> pages() throws IOException {
    List<Path> out =
        new ArrayList<>(List.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")));
    out.addAll(files(ROOT.resolve("docs"), ".md"));
    out.addAll(files(ROOT.resolve("examples"), ".md"));
    return out;
  }

  private static List<Path> files(Path folder, String end) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(p -> p.toString().endsWith(end)).sorted().toList();
    }
  }
}

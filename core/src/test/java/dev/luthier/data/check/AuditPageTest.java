package dev.luthier.data.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.Counts;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Preview.PreviewRow;
import dev.luthier.data.Preview.Segment;
import dev.luthier.data.check.AuditReport.Bucket;
import dev.luthier.data.check.AuditReport.Cut;
import dev.luthier.data.check.AuditReport.ExampleRow;
import dev.luthier.data.check.AuditReport.FormatShare;
import dev.luthier.data.check.AuditReport.Lengths;
import dev.luthier.data.check.AuditReport.SourceFile;
import dev.luthier.data.check.Finding.Place;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** Pages are read by an XML parser, which refuses what is not well-formed. */
class AuditPageTest {
  private static final String HOSTILE =
      "</title></pre><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp; ]]>"
          + " \u2028 \u0000 \ud83d \u202e %s %d <!--";
  private static final List<Bucket> BUCKETS =
      List.of(new Bucket(0, 9, 5), new Bucket(10, 19, 10), new Bucket(20, 29, 0));
  private static final Lengths LENGTHS = new Lengths(3, 10.5, 11, 15, 16, 18, 19);

  private static AuditReport report(
      String text, int maxLength, List<Bucket> buckets, List<Finding> findings) {
    List<Segment> segments =
        List.of(
            new Segment(
                false,
                List.of(1, 2, 3, 9),
                List.of("<|im_", "start|>user\n" + text, "<|im_end|>", "\n")),
            new Segment(true, List.of(4, 240, 5), List.of(" yes,", "", "\tsir. \n")));
    return new AuditReport(
        text,
        text,
        maxLength,
        List.of(
            new SourceFile("a/" + text.replace("\u0000", ""), "ab12", 7),
            new SourceFile("b", "cd", 8)),
        Optional.of(3L),
        List.of(new FormatShare(Format.ALPACA, 15, 0.8)),
        15,
        14,
        1,
        1000,
        400,
        LENGTHS,
        buckets,
        List.of(new Cut(16, 2, 30, 1), new Cut(32, 0, 0, 0)),
        0.5,
        Map.of(0, 14L),
        Map.of("en", 10L, "de", 5L),
        Map.of(text, Map.of(text, 15L)),
        findings,
        List.of(new ExampleRow(0, new PreviewRow(4, 7, 3, segments), List.of("why & how"))));
  }

  private static Finding finding(Severity severity, String text, String advice, String command) {
    return new Finding(
        Fault.MARKUP,
        text,
        severity,
        2,
        text,
        List.of(new Place(0, 12, text), new Place(1, 345, text)),
        advice,
        command);
  }

  private static String page(String advice, String command) {
    Finding finding = finding(Severity.ERROR, "y", advice, command);
    return AuditPage.render(report("x", 16, BUCKETS, List.of(finding)));
  }

  private static String page() {
    return page("", "");
  }

  private static List<Element> find(String page, String path) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(page)));
    NodeList nodes =
        (NodeList)
            XPathFactory.newInstance().newXPath().evaluate(path, document, XPathConstants.NODESET);
    List<Element> found = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      found.add((Element) nodes.item(i));
    }
    return found;
  }

  private static List<String> texts(String page, String path) throws Exception {
    return find(page, path).stream().map(Element::getTextContent).toList();
  }

  private static List<Double> numbers(String page, String path, String attribute) throws Exception {
    return find(page, path).stream()
        .map(e -> Double.valueOf(e.getAttribute(attribute).replace("%", "")))
        .toList();
  }

  @Test
  void nothing_that_comes_from_data_becomes_markup() throws Exception {
    String page =
        AuditPage.render(
            report(
                HOSTILE,
                16,
                BUCKETS,
                List.of(finding(Severity.WARNING, HOSTILE, HOSTILE, HOSTILE))));
    assertThat(find(page, "//script")).hasSize(1);
    assertThat(find(page, "//img")).isEmpty();
    assertThat(find(page, "//@onerror/..")).isEmpty();
    String seen =
        HOSTILE
            .replace("\u2028", "U+2028")
            .replace("\u0000", "U+0000")
            .replace("\ud83d", "U+D83D")
            .replace("\u202e", "U+202E");
    assertThat(texts(page, "//*[@class='setting']/code")).containsExactly(seen, seen);
    assertThat(texts(page, "//*[@class='words']")).containsExactly(seen);
    assertThat(texts(page, "//*[@class='advice']")).containsExactly(seen);
    assertThat(texts(page, "//*[@class='command']/pre")).containsExactly(seen);
    assertThat(texts(page, "//td[@class='evidence']")).containsExactly(seen, seen);
    assertThat(texts(page, "//caption[starts-with(., 'Column')]"))
        .containsExactly("Column " + seen);
    assertThat(texts(page, "//*[@class='document']/span").get(0)).contains(seen);
    assertThat(texts(page, "//td[@class='path']").get(0)).startsWith("a/</title>");
    assertThat(page).doesNotContain("\u2028", "\u0000", "\ud83d", "\u202e");
    assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(page)).isTrue();
  }

  @Test
  void only_its_own_script_may_run_and_nothing_is_fetched() throws Exception {
    String page = page();
    byte[] script = texts(page, "//script").get(0).getBytes(StandardCharsets.UTF_8);
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(script);
    assertThat(find(page, "//meta[@http-equiv]").get(0).getAttribute("content"))
        .contains("default-src 'none'")
        .contains("script-src 'sha256-" + Base64.getEncoder().encodeToString(hash) + "';");
    assertThat(find(page, "//*[@src]")).isEmpty();
    assertThat(find(page, "//@href/.."))
        .isNotEmpty()
        .allMatch(e -> e.getAttribute("href").matches("#[a-z]+|data:,"));
    assertThat(page).doesNotContain("http:", "https:", "@import", "url(");
  }

  @Test
  void links_lead_somewhere_and_ids_are_unique() throws Exception {
    String page = page();
    List<String> ids = find(page, "//@id/..").stream().map(e -> e.getAttribute("id")).toList();
    assertThat(ids).doesNotHaveDuplicates();
    for (Element link : find(page, "//a")) {
      assertThat(ids).contains(link.getAttribute("href").substring(1));
    }
    for (Element named : find(page, "//@aria-labelledby/..")) {
      assertThat(ids).contains(named.getAttribute("aria-labelledby"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0 | 0 | Nothing was found wrong.",
        "0 | 0 | 2 | Nothing was found wrong.",
        "0 | 1 | 0 | Nothing would spoil a run; 1 thing is worth a look.",
        "0 | 3 | 1 | Nothing would spoil a run; 3 things are worth a look.",
        "1 | 0 | 1 | 1 thing would spoil a run.",
        "2 | 1 | 0 | 2 things would spoil a run, and 1 thing is worth a look.",
        "1 | 2 | 0 | 1 thing would spoil a run, and 2 things are worth a look."
      })
  void the_verdict_counts_what_was_found(int errors, int warnings, int notes, String verdict)
      throws Exception {
    List<Finding> findings = new ArrayList<>();
    for (int i = 0; i < errors + warnings + notes; i++) {
      Severity severity =
          i < errors ? Severity.ERROR : i < errors + warnings ? Severity.WARNING : Severity.NOTE;
      findings.add(finding(severity, "x", "", ""));
    }
    String page = AuditPage.render(report("x", 16, BUCKETS, findings));
    assertThat(texts(page, "//*[starts-with(@class, 'verdict')]")).containsExactly(verdict);
    assertThat(find(page, "//details[@class='finding']")).hasSize(findings.size());
    assertThat(find(page, "//details[@class='finding'][@open]")).hasSize(errors);
  }

  @Test
  void a_findings_rows_stand_with_their_files_and_shares() throws Exception {
    String page = page();
    assertThat(texts(page, "//details[@class='finding']//tbody/tr/td"))
        .containsExactly("a/x", "12", "y", "b", "345", "y");
    assertThat(texts(page, "//span[@class='share']")).containsExactly("13.3 %"); // 2 of 15
  }

  @Test
  void a_share_that_is_not_nothing_is_not_said_to_be() {
    assertThat(Counts.percent(0, 5000)).isEqualTo("0.0 %");
    assertThat(Counts.percent(1, 5000)).isEqualTo("< 0.1 %");
    assertThat(Counts.percent(5, 5000)).isEqualTo("0.1 %");
    assertThat(Counts.percent(0, 0)).isEmpty();
  }

  @Test
  void a_button_copies_the_command_and_nothing_else() throws Exception {
    String command = "luthier data prepare --data 'a --set b' --set 'a=b, or c'";
    String page = page("leave them out, or not", command);
    assertThat(texts(page, "//pre[@aria-label='Command']")).containsExactly(command);
    assertThat(find(page, "//pre[@aria-label='Command']/following-sibling::button")).hasSize(1);
    assertThat(texts(page, "//p[@class='advice']")).containsExactly("Leave them out, or not");
  }

  @Test
  void what_no_command_can_do_has_no_button() throws Exception {
    assertThat(find(page("correct the texts", ""), "//button[@class='copy']")).isEmpty();
    assertThat(find(page("", "luthier"), "//p[@class='advice']")).isEmpty();
  }

  @Test
  void bars_are_as_high_as_their_buckets_are_full_and_the_maximum_stands_at_its_length()
      throws Exception {
    String page = page();
    List<Double> heights = numbers(page, "//rect[starts-with(@class, 'bar')]", "height");
    assertThat(heights).containsExactly(heights.get(1) / 2, heights.get(1), 0.0);
    assertThat(numbers(page, "//line[@class='mark maximum']", "x1").get(0))
        .isCloseTo(100 * 16 / 30.0, within(0.001));
    assertThat(numbers(page, "//rect[@class='cut']", "width").get(0))
        .isCloseTo(100 * 14 / 30.0, within(0.001));
    assertThat(texts(page, "//rect/../title"))
        .containsExactly(
            "0 to 9 tokens: 5 documents",
            "10 to 19 tokens: 10 documents",
            "20 to 29 tokens: 0 documents");
    assertThat(find(page, "//rect[@class='bar over']")).hasSize(1); // 20 to 29
  }

  @Test
  void a_maximum_that_no_row_comes_near_is_told_in_words() throws Exception {
    String page = AuditPage.render(report("x", 4096, BUCKETS, List.of()));
    assertThat(find(page, "//line[@class='mark maximum']")).isEmpty();
    assertThat(texts(page, "//figcaption").get(0))
        .contains("No row is longer than the maximum length, 4,096.");
  }

  @Test
  void a_long_tail_takes_a_narrow_strip_at_the_end() throws Exception {
    List<Bucket> buckets = new ArrayList<>(BUCKETS);
    buckets.add(new Bucket(30, 1029, 1));
    String page = AuditPage.render(report("x", 530, buckets, List.of()));
    List<Double> hits = numbers(page, "//rect[@class='hit']", "x");
    assertThat(hits.get(1) - hits.get(0)).isCloseTo(hits.get(2) - hits.get(1), within(0.01));
    assertThat(hits.get(3)).isCloseTo(94, within(0.01));
    assertThat(numbers(page, "//line[@class='mark maximum']", "x1").get(0))
        .isCloseTo(97, within(0.01)); // 530 is half of the way from 30 to 1030
  }

  @Test
  void examples_show_what_is_trained_and_every_white_space_stays_itself() throws Exception {
    String page = page();
    assertThat(texts(page, "//pre[@class='document']/mark")).containsExactly(" yes,\tsir. \n");
    assertThat(texts(page, "//pre[@class='document']/span"))
        .containsExactly("<|im_start|>user\nx<|im_end|>\n");
    assertThat(texts(page, "//pre[@class='document']//b"))
        .containsExactly("<|im_", "start|>", "<|im_end|>");
    assertThat(
            find(page, "//pre[@class='document']/mark//i").stream()
                .map(e -> e.getAttribute("data-sign")))
        .containsExactly("·", "→", "·", "↵");
    assertThat(texts(page, "//details[@class='ids']//li")).containsExactly("1 2 3 9", "4 240 5");
    assertThat(find(page, "//pre//span/@title/..").stream().map(e -> e.getAttribute("title")))
        .containsExactly("1", "2", "3", "9", "4", "240 5");
    assertThat(texts(page, "//p[@class='why']")).containsExactly("why & how");
  }

  @Test
  void of_a_long_row_the_beginning_and_the_end_are_shown() throws Exception {
    List<Integer> ids = IntStream.range(0, 900).boxed().toList();
    List<String> pieces = ids.stream().map(id -> "w" + id + " ").toList();
    List<Segment> segments =
        List.of(new Segment(false, ids, pieces), new Segment(true, ids, pieces));
    Html html =
        new ExampleList(
                List.of(new SourceFile("a", "ab", 1)),
                List.of(new ExampleRow(0, new PreviewRow(1, 1800, 900, segments), List.of("x"))))
            .html();
    String page = "<html>" + html.markup() + "</html>";
    assertThat(texts(page, "//em")).containsExactly("600 tokens not shown");
    assertThat(texts(page, "//pre/mark"))
        .satisfiesExactly(
            beginning -> assertThat(beginning).startsWith("w0 ").endsWith("w99 "),
            end -> assertThat(end).startsWith("w700 ").endsWith("w899 "));
    assertThat(find(page, "//pre//span[@title]")).hasSize(1200);
  }

  @Test
  void a_row_without_tokens_stands_as_it_is() throws Exception {
    Segment text = new Segment(false, List.of(), List.of("{\"prompt\": "));
    Html html =
        new ExampleList(
                List.of(new SourceFile("a", "ab", 1)),
                List.of(new ExampleRow(0, new PreviewRow(7, 0, 0, List.of(text)), List.of("x"))))
            .html();
    String page = "<html>" + html.markup() + "</html>";
    assertThat(texts(page, "//pre")).containsExactly("{\"prompt\": ");
    assertThat(texts(page, "//p[@class='facts']"))
        .containsExactly("no tokens: the row is not used");
    assertThat(find(page, "//details")).isEmpty();
  }

  @Test
  void a_set_of_which_nothing_can_be_trained_on_has_a_page_too() throws Exception {
    AuditReport empty =
        new AuditReport(
            "m",
            "none",
            16,
            List.of(new SourceFile("a", "ab", 2)),
            Optional.empty(),
            List.of(),
            2,
            0,
            0,
            0,
            0,
            new Lengths(0, 0, 0, 0, 0, 0, 0),
            List.of(),
            List.of(new Cut(16, 0, 0, 0)),
            0,
            Map.of(),
            Map.of(),
            Map.of(),
            List.of(),
            List.of());
    String page = AuditPage.render(empty);
    assertThat(find(page, "//svg")).isEmpty();
    assertThat(texts(page, "//section[@id='examples']/p")).containsExactly("No rows are shown.");
    assertThat(texts(page, "//section[@id='lengths']/p"))
        .containsExactly("No row can be trained on.");
  }
}

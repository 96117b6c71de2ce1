package dev.luthier.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The page of {@code data check --html}, as a person finds it in a BROWSER. */
@Tag("browser")
class AuditPageBrowserTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HOSTILE = "<script>document.title='owned'</script><img src=x>";

  /** Of all that has letters: how it stands out from what is behind it (WCAG 2.2, 1.4.3). */
  static final String LEAST_CONTRAST =
      """
      const parse = c => { const n = c.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
      const light = c => { const [r, g, b] = c.map(v => v / 255)
          .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b; };
      const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
      const behind = e => { if (!e) return [255, 255, 255];
        return over(parse(getComputedStyle(e).backgroundColor), behind(e.parentElement)); };
      let least = [99, ""];
      for (const e of document.querySelectorAll("body *")) {
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
        if (!e.checkVisibility() || e.closest("script")) continue;
        const style = getComputedStyle(e);
        const ink = parse(e.closest("svg") ? style.fill : style.color), paper = behind(e);
        const [a, b] = [light(over(ink, paper)), light(paper)].sort((x, y) => y - x);
        const ratio = (a + .05) / (b + .05);
        if (ratio < least[0]) least = [ratio, e.outerHTML.slice(0, 80)];
      }
      return least;
      """;

  @TempDir private static Path folder = Path.of("");
  private static Path page = Path.of("");
  private static Cli run = new Cli(0, "", "");
  private static final Browser BROWSER = new Browser();

  @BeforeAll
  static void audit() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), Optional.of(TinyModel.CHATML));
    StringBuilder rows = new StringBuilder();
    row(rows, "Write it", HOSTILE);
    for (int i = 2; i <= 100; i++) {
      row(rows, "What is the number that follows " + i + "?", "The number is " + (i + 1) + ".");
    }
    row(rows, "What is the number that follows 7?", "The number is 8."); // row 101, like row 7
    row(rows, "Count", "one two three ".repeat(400)); // row 102, too long
    rows.append("{\"foo\": 1}\n{\"messages\": \"nope\"}\n"); // rows 103 and 104
    Path data = folder.resolve("rows <b>&'.jsonl");
    Files.writeString(data, rows);
    page = folder.resolve("audit.html");
    run =
        Cli.run(
            "data",
            "check",
            "--model",
            model + "",
            "--data",
            data + "",
            "--html",
            page + "",
            "--json");
  }

  private static void row(StringBuilder rows, String question, String answer) {
    ObjectNode row = JSON.createObjectNode();
    row.putArray("messages")
        .add(JSON.createObjectNode().put("role", "user").put("content", question))
        .add(JSON.createObjectNode().put("role", "assistant").put("content", answer));
    rows.append(row).append('\n');
  }

  @AfterAll
  static void quit() {
    BROWSER.close();
  }

  @BeforeEach
  void open() {
    BROWSER.open(page, "light", 1100);
  }

  private static WebElement one(String css) {
    return BROWSER.driver().findElement(By.cssSelector(css));
  }

  private static List<String> texts(String css) {
    return BROWSER.driver().findElements(By.cssSelector(css)).stream()
        .map(e -> requireNonNull(e.getDomProperty("textContent")))
        .toList();
  }

  private static Object script(String script) {
    return requireNonNull(BROWSER.driver().executeScript(script));
  }

  @Test
  void it_says_what_the_program_says() throws IOException {
    JsonNode report = JSON.readTree(run.out());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains(page.toUri().toString());
    assertThat(BROWSER.driver().getTitle()).isEqualTo("Audit of rows <b>&'.jsonl");
    assertThat(one("h1").getText()).isEqualTo("rows <b>&'.jsonl");
    assertThat(one(".verdict").getText()).contains(" would spoil a run");
    assertThat(texts(".figures dd").get(0)).startsWith("104 ");
    assertThat(texts(".figures dd").get(1)).startsWith("102 ").contains("98.1 %");
    assertThat(texts(".figures dd").get(2).replace(",", ""))
        .startsWith(report.path("tokens").asText() + " ");
    assertThat(texts("details.finding .words"))
        .isEqualTo(report.path("findings").findValuesAsText("words"));
    assertThat(BROWSER.driver().findElements(By.cssSelector("svg rect.bar, svg rect.bar.over")))
        .hasSize(report.path("histogram").size());
    assertThat(texts(".hash")).containsExactly(report.at("/files/0/sha256").asText());
  }

  @Test
  void findings_name_their_rows() {
    assertThat(texts("[data-kind=unreadable] td.number")).containsExactly("103", "104");
    assertThat(texts("[data-kind=too-long] td.number")).containsExactly("102");
    assertThat(texts("[data-kind=exact-duplicates] td")).containsExactly("101", "like row 7");
    assertThat(one("[data-kind=unreadable] tbody").isDisplayed()).isTrue();
    assertThat(one("[data-kind=exact-duplicates] tbody").isDisplayed()).isFalse();
  }

  @Test
  void the_longest_row_stands_at_the_end_of_the_histogram_and_beyond_the_maximum() {
    List<WebElement> bars = BROWSER.driver().findElements(By.cssSelector("svg rect.bar"));
    WebElement last = bars.get(bars.size() - 1);
    int maximum = one("svg line.maximum").getRect().getX();
    assertThat(last.getRect().getX() + last.getRect().getWidth()).isGreaterThan(maximum);
    assertThat(last.getRect().getHeight()).isPositive();
    assertThat(bars.stream().mapToInt(bar -> bar.getRect().getHeight()).max().orElse(0))
        .isGreaterThan(100);
  }

  @Test
  void what_is_trained_is_coloured_and_what_comes_from_rows_is_text() {
    assertThat(texts(".document mark").subList(0, 2))
        .containsExactly(HOSTILE + "<|im_end|>", "The number is 3.<|im_end|>");
    String transparent = "rgba(0, 0, 0, 0)";
    assertThat(one(".document mark").getCssValue("background-color")).isNotEqualTo(transparent);
    assertThat(one(".document span").getCssValue("background-color")).isEqualTo(transparent);
    assertThat(BROWSER.driver().findElements(By.cssSelector("img, script"))).hasSize(1);
  }

  @Test
  void it_asks_for_nothing_and_complains_about_nothing() {
    BROWSER.console();
    BROWSER.events();
    open();
    one("#unfold").click();
    assertThat(BROWSER.console()).isEmpty();
    assertThat(BROWSER.events().stream().filter(e -> e.contains("Network.requestWillBeSent\"")))
        .isNotEmpty()
        .allMatch(e -> e.contains("\"url\":\"" + page.toUri()) || e.contains("\"url\":\"data:,\""));
    assertThat(script("return performance.getEntriesByType('resource').length")).isEqualTo(0L);
  }

  @Test
  void a_button_puts_the_command_on_the_clipboard() {
    BROWSER
        .driver()
        .executeCdpCommand(
            "Browser.grantPermissions",
            Map.of("permissions", List.of("clipboardReadWrite", "clipboardSanitizedWrite")));
    WebElement button = one("[data-kind=unreadable] .copy");
    button.click();
    Object copied =
        BROWSER
            .driver()
            .executeAsyncScript("navigator.clipboard.readText().then(arguments[0], arguments[0])");
    assertThat(copied)
        .isEqualTo(one("[data-kind=unreadable] .command pre").getText())
        .asString()
        .startsWith("luthier data prepare --model ");
    assertThat(button.getText()).isEqualTo("Copied");
  }

  @Test
  void findings_open_by_keyboard_all_at_once_and_for_the_printer() {
    WebElement body = one("[data-kind=exact-duplicates] tbody");
    one("[data-kind=exact-duplicates] summary").sendKeys(Keys.ENTER);
    assertThat(body.isDisplayed()).isTrue();
    one("[data-kind=exact-duplicates] summary").sendKeys(Keys.ENTER);
    assertThat(body.isDisplayed()).isFalse();
    script("return dispatchEvent(new Event('beforeprint'))");
    assertThat(body.isDisplayed()).isTrue();
    script("return dispatchEvent(new Event('afterprint'))");
    assertThat(body.isDisplayed()).isFalse();
    one("#unfold").click();
    assertThat(BROWSER.driver().findElements(By.cssSelector("details.finding:not([open])")))
        .isEmpty();
    assertThat(one("#unfold").getText()).isEqualTo("Close all");
  }

  @Test
  void without_scripts_all_can_be_read_and_no_button_is_dead() {
    Map<String, Object> off = Map.of("value", true);
    BROWSER.driver().executeCdpCommand("Emulation.setScriptExecutionDisabled", off);
    try {
      open();
      assertThat(one(".verdict").isDisplayed()).isTrue();
      assertThat(BROWSER.driver().findElements(By.tagName("button")))
          .isNotEmpty()
          .noneMatch(WebElement::isDisplayed);
      one("[data-kind=exact-duplicates] summary").click();
      assertThat(one("[data-kind=exact-duplicates] tbody").isDisplayed()).isTrue();
    } finally {
      BROWSER
          .driver()
          .executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", false));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  void it_can_be_read_in_both_colour_schemes(String scheme) {
    BROWSER.open(page, scheme, 1100);
    String paper = one("html").getCssValue("background-color"); // rgba(red, green, blue, alpha)
    int red = Integer.parseInt(paper.replaceAll("\\D+(\\d+),.*", "$1"));
    assertThat(red).matches(value -> scheme.equals("dark") ? value < 60 : value > 240);
    one("#unfold").click();
    List<?> least = (List<?>) script(LEAST_CONTRAST);
    assertThat(((Number) least.get(0)).doubleValue())
        .as(least.get(1).toString())
        .isGreaterThanOrEqualTo(4.5);
  }

  @ParameterizedTest
  @ValueSource(ints = {320, 412, 800})
  void it_fits_the_screen(int width) {
    BROWSER.open(page, "light", width);
    one("#unfold").click();
    Object visible = script("return document.documentElement.clientWidth");
    assertThat((Long) visible).isBetween(width - 20L, (long) width); // less a scroll bar
    assertThat(script("return document.documentElement.scrollWidth")).isEqualTo(visible);
  }
}

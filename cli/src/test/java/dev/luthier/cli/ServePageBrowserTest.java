package dev.luthier.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineSettings;
import dev.luthier.serve.Engines;
import dev.luthier.server.Server;
import dev.luthier.server.ServerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.Rectangle;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.interactions.Actions;

/** The page of {@code serve}, used as a person uses it, on the demo's model. */
@Tag("browser")
class ServePageBrowserTest {
  private static final Path BASE = Path.of("../examples/demo/base");
  private static final String SENTENCE = "The poor queen cleaned the pencil.";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder = Path.of("");
  private static final Browser BROWSER = new Browser();
  private static Server server = Server.start(ServerSettings.local("base"), System.err::println);
  private static Engine engine = nothing();

  @SuppressWarnings("NullAway") // before the first test
  private static Engine nothing() {
    return null;
  }

  @BeforeAll
  static void serve() throws IOException {
    // An adapter that learned nothing good: its texts are other than the base's, and do not end.
    Path noise = TinyModel.writeAdapter(BASE, folder.resolve("noise"));
    engine = Engines.open(EngineSettings.of(BASE).withAdapters(Map.of("noise", noise)));
    server.serve(engine);
  }

  @AfterAll
  static void close() {
    BROWSER.close();
    server.close();
    engine.close();
  }

  @BeforeEach
  void open() {
    BROWSER.open(server.address().resolve("/health"), "light", 1200); // leaves nothing behind
    BROWSER.driver().executeScript("localStorage.clear(); sessionStorage.clear()");
    open("light", 1200);
    BROWSER.console();
    BROWSER.events();
  }

  private static void open(String scheme, int width) {
    BROWSER.open(server.address(), scheme, width);
    until(() -> !all("select.model option").isEmpty());
  }

  private static WebElement one(String css) {
    return BROWSER.driver().findElement(By.cssSelector(css));
  }

  private static List<WebElement> all(String css) {
    return BROWSER.driver().findElements(By.cssSelector(css));
  }

  private static String text(String css) {
    return requireNonNull(one(css).getDomProperty("textContent"));
  }

  private static Object script(String script) {
    return requireNonNull(BROWSER.driver().executeScript(script));
  }

  private static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static void say(String text) {
    one("#prompt").sendKeys(text, Keys.ENTER);
    until(() -> !one("#stop").isDisplayed());
  }

  private static String answer(int pane) {
    return text("[data-pane='" + pane + "'] .assistant:last-child .text");
  }

  private static void choose(int pane, String model) {
    one("[data-pane='" + pane + "'] option[value='" + model + "']").click();
  }

  @Test
  void a_conversation_is_had_with_the_model_and_with_an_adapter() {
    say(SENTENCE);
    assertThat(answer(0)).isEqualTo(SENTENCE);
    assertThat(text(".assistant .who")).isEqualTo("base");
    assertThat(text(".foot")).contains(" tokens");
    choose(0, "noise");
    one("#open-settings").click();
    one("#max_tokens").sendKeys("3");
    say("And now?");
    assertThat(all(".user")).hasSize(2);
    assertThat(text(".assistant:last-child .who")).isEqualTo("noise");
    assertThat(text(".assistant:last-child .foot")).startsWith("3 tokens").contains("cut off");
    assertThat(text("#status")).isEqualTo("noise: the answer is complete");
  }

  @Test
  void two_answers_to_one_prompt_stand_side_by_side() {
    one("#open-settings").click();
    one("#max_tokens").sendKeys("24");
    choose(0, "noise");
    one("#compare").click();
    assertThat(script("return document.querySelector('[data-pane=\"1\"] select').value"))
        .as("not the same twice")
        .isEqualTo("base");
    choose(0, "base");
    choose(1, "noise");
    say(SENTENCE);
    assertThat(answer(0)).isEqualTo(SENTENCE);
    assertThat(answer(1)).isNotEmpty().isNotEqualTo(SENTENCE);
    WebElement left = one("[data-pane='0']");
    WebElement right = one("[data-pane='1']");
    assertThat(left.getRect().getY()).isEqualTo(right.getRect().getY());
    assertThat(left.getRect().getX()).isLessThan(right.getRect().getX());
    one("#compare").click();
    assertThat(right.isDisplayed()).isFalse();
  }

  @Test
  void an_answer_is_stopped_and_kept_as_far_as_it_came() {
    for (String by : List.of("button", "escape")) {
      choose(0, "noise");
      one("#prompt").sendKeys("Tell me all.", Keys.ENTER);
      until(() -> all(".busy .tok").size() > 3);
      if (by.equals("button")) {
        one("#stop").click();
      } else {
        one("#prompt").sendKeys(Keys.ESCAPE);
      }
      until(() -> !one("#stop").isDisplayed());
      assertThat(text(".assistant:last-child .foot")).as(by).contains("stopped");
      assertThat(answer(0)).isNotEmpty();
      until(() -> engine.stats().running() == 0);
      one("#new").click();
    }
  }

  @Test
  void settings_and_the_system_prompt_are_sent() {
    one("#open-settings").click();
    one("#system").sendKeys("Be brief.");
    one("#temperature").sendKeys("0.5");
    one("#seed").sendKeys("7");
    one("#stop-at").sendKeys("queen");
    say(SENTENCE);
    String asked =
        BROWSER.events().stream()
            .filter(e -> e.contains("requestWillBeSent\"") && e.contains("chat/completions"))
            .findFirst()
            .orElseThrow();
    assertThat(asked)
        .contains("\\\"role\\\":\\\"system\\\",\\\"content\\\":\\\"Be brief.\\\"")
        .contains("\\\"temperature\\\":0.5")
        .contains("\\\"seed\\\":7")
        .contains("\\\"stop\\\":\\\"queen\\\"");
    assertThat(answer(0)).doesNotContain("queen");
  }

  @Test
  void tokens_tell_their_probabilities_by_pointer_and_by_keyboard() {
    say(SENTENCE);
    assertThat(one("#tip").isDisplayed()).isFalse();
    WebElement token = all(".tok").get(1);
    new Actions(BROWSER.driver()).moveToElement(token).perform();
    until(() -> one("#tip").isDisplayed());
    assertThat(text("#tip .chosen")).contains("␣").contains("%");
    assertThat(all("#tip tr").size()).isBetween(5, 6);
    one(".assistant .text").sendKeys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
    assertThat(text(".tok.at")).isEqualTo(token.getDomProperty("textContent"));
    one("#open-settings").click();
    one("#tint").click();
    assertThat(one(".tok").getCssValue("background-color")).isNotEqualTo("rgba(0, 0, 0, 0)");
  }

  @Test
  void a_finger_shows_a_token_until_it_touches_elsewhere() {
    BROWSER
        .driver()
        .executeCdpCommand("Emulation.setTouchEmulationEnabled", Map.of("enabled", true));
    try {
      open("light", 360);
      say(SENTENCE);
      touch(all(".tok").get(1));
      until(() -> one("#tip").isDisplayed());
      touch(all(".tok").get(3));
      assertThat(text("#tip .chosen")).contains(text(".tok:nth-child(4)").strip());
      assertThat(one("#tip").isDisplayed()).isTrue();
      touch(one(".who"));
      until(() -> !one("#tip").isDisplayed());
    } finally {
      BROWSER
          .driver()
          .executeCdpCommand("Emulation.setTouchEmulationEnabled", Map.of("enabled", false));
    }
  }

  private static void touch(WebElement at) {
    Rectangle place = at.getRect();
    Map<String, Integer> point =
        Map.of("x", place.getX() + place.getWidth() / 2, "y", place.getY() + place.getHeight() / 2);
    String command = "Input.dispatchTouchEvent";
    BROWSER
        .driver()
        .executeCdpCommand(command, Map.of("type", "touchStart", "touchPoints", List.of(point)));
    BROWSER
        .driver()
        .executeCdpCommand(command, Map.of("type", "touchEnd", "touchPoints", List.of()));
  }

  @Test
  void what_models_and_people_write_is_text() {
    say("<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>");
    assertThat(text(".user .text")).contains("<img").contains("<script>");
    assertThat(all(".log img, .log script")).isEmpty();
    assertThat(BROWSER.driver().getTitle()).isEqualTo("Luthier");
  }

  @Test
  void a_conversation_outlives_a_reload_and_can_be_exported() throws IOException {
    Path downloads = Files.createDirectories(folder.resolve("downloads"));
    BROWSER
        .driver()
        .executeCdpCommand(
            "Browser.setDownloadBehavior",
            Map.of("behavior", "allow", "downloadPath", downloads.toAbsolutePath().toString()));
    say(SENTENCE);
    one("#prompt").sendKeys("a draft");
    open("light", 1200);
    assertThat(answer(0)).isEqualTo(SENTENCE);
    assertThat(all(".tok")).isNotEmpty();
    assertThat(one("#prompt").getDomProperty("value")).isEqualTo("a draft");
    one("#export summary").click();
    one("#export-json").click();
    Path json = downloads.resolve("conversation.json");
    until(() -> Files.exists(json));
    JsonNode conversation = JSON.readTree(json.toFile()).at("/conversations/0");
    assertThat(conversation.path("model").asText()).isEqualTo("base");
    assertThat(conversation.path("messages").findValuesAsText("content"))
        .containsExactly(SENTENCE, SENTENCE);
    one("#export summary").click();
    one("#export-markdown").click();
    Path markdown = downloads.resolve("conversation.md");
    until(() -> Files.exists(markdown));
    assertThat(markdown).content().contains("**user**\n\n" + SENTENCE);
  }

  @Test
  void errors_are_shown_and_can_be_tried_again() {
    say("word ".repeat(1500));
    assertThat(text(".failure")).contains("tokens");
    assertThat(one(".failure").getDomAttribute("role")).isEqualTo("alert");
    assertThat(all(".foot button").stream().map(WebElement::getText)).contains("Try again");
    say(SENTENCE);
    assertThat(answer(0)).isEqualTo(SENTENCE);
    assertThat(all(".user")).as("what failed is gone").hasSize(1);
  }

  @Test
  void the_page_asks_no_other_host_and_complains_about_nothing() {
    say(SENTENCE);
    assertThat(BROWSER.console()).isEmpty();
    assertThat(
            BROWSER.events().stream()
                .filter(e -> e.contains("Network.requestWillBeSent\""))
                .map(e -> e.replaceAll("(?s).*\"url\":\"([^\"]*)\".*", "$1")))
        .isNotEmpty()
        .allMatch(url -> url.startsWith(server.address() + "/"));
    assertThat(script("return performance.getEntriesByType('resource').map(e => e.name).join()"))
        .asString()
        .contains("/page/page.js")
        .doesNotContain("//cdn");
  }

  @Test
  void all_is_reached_by_keyboard_and_the_focus_is_seen() {
    say(SENTENCE);
    Object reached =
        script(
            """
            const seen = [];
            for (const e of document.querySelectorAll('button, select, textarea, input, summary, [tabindex]')) {
              if (!e.checkVisibility()) continue;
              e.focus({ focusVisible: true });
              if (document.activeElement !== e) seen.push('unreachable ' + e.outerHTML);
              if (getComputedStyle(e).outlineStyle === 'none') seen.push('no ring ' + e.outerHTML);
              if (e.tabIndex > 0) seen.push('out of order ' + e.outerHTML);
            }
            return seen.join('\\n');
            """);
    assertThat(reached).isEqualTo("");
    one("#prompt").sendKeys("one", Keys.chord(Keys.SHIFT, Keys.ENTER), "two");
    assertThat(one("#prompt").getDomProperty("value")).isEqualTo("one\ntwo");
  }

  @ParameterizedTest
  @CsvSource({"light, 1200", "dark, 1200", "light, 360", "dark, 360"})
  void it_can_be_read_in_both_colour_schemes_on_wide_and_narrow_screens(String scheme, int width) {
    open(scheme, width);
    one("#compare").click();
    say(SENTENCE);
    for (boolean settings : new boolean[] {false, true}) {
      if (settings) {
        one("#open-settings").click();
      }
      List<?> least = (List<?>) script(AuditPageBrowserTest.LEAST_CONTRAST);
      assertThat(((Number) least.get(0)).doubleValue())
          .as(least.get(1).toString())
          .isGreaterThanOrEqualTo(4.5);
      Object visible = script("return document.documentElement.clientWidth");
      assertThat(script("return document.documentElement.scrollWidth")).isEqualTo(visible);
    }
  }
}

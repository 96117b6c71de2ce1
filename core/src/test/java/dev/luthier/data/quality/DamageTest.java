package dev.luthier.data.quality;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.quality.Damage.Kind;
import dev.luthier.data.quality.Damage.Spot;
import java.nio.charset.Charset;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DamageTest {
  private static final Charset LATIN_1 = Charset.forName("ISO-8859-1");

  /** UTF-8 read byte by byte: as windows-1252 where that has a sign, as Latin-1 where not. */
  private static String misread(String text) {
    StringBuilder out = new StringBuilder();
    for (byte b : text.getBytes(UTF_8)) {
      String sign = new String(new byte[] {b}, Charset.forName("windows-1252"));
      out.append(sign.equals("\ufffd") ? new String(new byte[] {b}, LATIN_1) : sign);
    }
    return out.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Le café était fermé à Noël, où l’œuvre coûte 5 €",
        "El niño comió piñas; ¿qué más?",
        "Über Größe, Straße und Öl",
        "It’s “fine” – he said… and left — twice",
        "A smile 😀 and a thumb 👍🏽",
        "Привет, как дела? Я и ты в саду",
        "今日はとても良い天気です",
        "你好世界，今天天气很好",
        "Zażółć gęślą jaźń",
        "├── src\n│   └── main",
        "25 °C ± 2, ½ cup, © 2020, naïve™",
        "สวัสดีครับ",
      })
  void what_was_read_as_windows_1252_comes_back(String text) {
    String damaged = misread(text);
    assertThat(Damage.spots(damaged)).extracting(Spot::kind).contains(Kind.MOJIBAKE);
    assertThat(Damage.repair(damaged)).isEqualTo(text);
    assertThat(Damage.repair(text)).isSameAs(text);
    assertThat(Damage.spots(text)).isEmpty();
  }

  @Test
  void what_was_misread_twice_comes_back() {
    String text = "Le café était fermé, it’s over";
    assertThat(Damage.repair(misread(misread(text)))).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "„Das macht Spaß“ sagte er",
        "« Un café » et «fermé»",
        "Die „SPÖ“ und die “ÖVP”",
        "A “CAFÉ” – “déjà”… — voilà”",
        "SÃO PAULO, AMANHÃ… e “MAÇÔ",
        "Â la carte, ROMÂNIA",
        "Ångström Å… and Ä– Ö—",
        "5 × 3 ÷ 2, x², 10 µm, £5, ¥100, “naïve”",
        "می‌خواهم کتاب‌ها",
        "👩‍👩‍👧 and क्‍ष",
        "שלום \u200fעולם",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "a < b && c > d & e",
        "AT&T; x<y",
        "Tab\tand\r\nlines\n",
      })
  void sound_texts_are_left_alone(String text) {
    assertThat(Damage.spots(text)).isEmpty();
    assertThat(Damage.repair(text)).isSameAs(text);
  }

  @Test
  void every_kind_has_its_place() {
    String text = "ab\u0000c \ufffd d\u200be &nbsp;f<br>g";
    assertThat(Damage.spots(text))
        .containsExactly(
            new Spot(Kind.CONTROL, 2, 3, true),
            new Spot(Kind.REPLACEMENT, 5, 6, false),
            new Spot(Kind.INVISIBLE, 8, 9, true),
            new Spot(Kind.MARKUP, 11, 17, false),
            new Spot(Kind.MARKUP, 18, 22, false));
    assertThat(Damage.repair(text)).isEqualTo("abc \ufffd de &nbsp;f<br>g");
  }

  @Test
  void half_a_pair_is_damage_that_nothing_mends() {
    String text = "a\ud83d b\ude00";
    assertThat(Damage.spots(text))
        .containsExactly(
            new Spot(Kind.REPLACEMENT, 1, 2, false), new Spot(Kind.REPLACEMENT, 4, 5, false));
    assertThat(Damage.repair(text)).isEqualTo(text);
  }

  @Test
  void marks_orders_and_escapes_go() {
    assertThat(Damage.repair("\ufeffHello")).isEqualTo("Hello");
    assertThat(Damage.repair("\u001b[31mred\u001b[0m")).isEqualTo("red");
    assertThat(Damage.repair("it\u0092s")).isEqualTo("it’s");
    assertThat(Damage.repair("a\u202eb\u202c")).isEqualTo("ab");
    assertThat(Damage.repair("a\u200db")).isEqualTo("ab");
  }

  @Test
  void mojibake_that_lost_a_byte_is_reported_but_not_mended() {
    assertThat(Damage.spots("he said â€ and"))
        .isEqualTo(List.of(new Spot(Kind.MOJIBAKE, 8, 10, false)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "```html\n<p>&nbsp;</p>\n```",
        "Use `<br>` for a line break.",
        "<div><p>Hello&nbsp;there</p></div>",
        "In HTML the <p> element is a paragraph.",
        "The <b> tag makes text bold.",
      })
  void markup_that_is_meant_is_no_damage(String text) {
    assertThat(Damage.spots(text)).isEmpty();
  }

  @Property(tries = 300)
  void repair_ends_and_a_second_one_changes_nothing(@ForAll @StringLength(max = 60) String text) {
    String once = Damage.repair(text);
    assertThat(Damage.repair(once)).isSameAs(once);
  }

  @Property(tries = 300)
  void a_text_without_spots_is_returned_as_it_is(@ForAll @StringLength(max = 60) String text) {
    if (Damage.spots(text).stream().noneMatch(Spot::repairable)) {
      assertThat(Damage.repair(text)).isSameAs(text);
    } else {
      assertThat(Damage.repair(text)).isNotEqualTo(text);
    }
  }
}

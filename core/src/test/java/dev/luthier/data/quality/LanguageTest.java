package dev.luthier.data.quality;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LanguageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "en | To bake a cake, preheat the oven to 350 degrees and mix the flour with the eggs.",
        "de | Der schnelle braune Fuchs springt über den faulen Hund und geht danach nach Hause.",
        "fr | Le chat est assis sur le tapis et regarde les oiseaux qui volent dans le jardin.",
        "es | El perro corre por el parque mientras los niños juegan con la pelota bajo el sol.",
        "it | Il gatto dorme sul divano mentre fuori piove e la nonna prepara la cena in cucina.",
        "pt | O menino foi à escola de manhã e voltou para casa à tarde com os seus amigos.",
        "nl | De kat zit op de mat en kijkt naar de vogels die in de tuin vliegen.",
        "pl | Kot siedzi na macie i patrzy na ptaki, które latają w ogrodzie za domem.",
        "cs | Kočka sedí na rohožce a dívá se na ptáky, kteří létají v zahradě.",
        "hu | A macska a szőnyegen ül és nézi a kertben repkedő madarakat.",
        "ro | Pisica stă pe covor și se uită la păsările care zboară în grădină.",
        "sv | Katten sitter på mattan och tittar på fåglarna som flyger i trädgården.",
        "fi | Kissa istuu matolla ja katselee lintuja, jotka lentävät puutarhassa.",
        "tr | Kedi paspasın üzerinde oturuyor ve bahçede uçan kuşlara bakıyor.",
        "vi | Con mèo ngồi trên tấm thảm và nhìn những con chim bay trong vườn.",
        "ru | Кошка сидит на коврике и смотрит на птиц, которые летают в саду.",
        "uk | Кіт сидить на килимку і дивиться на птахів, які літають у саду.",
        "ar | القطة تجلس على السجادة وتنظر إلى الطيور التي تطير في الحديقة.",
        "fa | گربه روی فرش نشسته است و به پرندگانی که در باغ پرواز می‌کنند نگاه می‌کند.",
        "he | החתול יושב על המחצלת ומסתכל על הציפורים שעפות בגן.",
        "hi | बिल्ली चटाई पर बैठी है और बगीचे में उड़ते पक्षियों को देख रही है।",
        "el | Η γάτα κάθεται στο χαλί.",
        "th | แมวนั่งอยู่บนเสื่อ",
        "ko | 고양이가 매트 위에 앉아 있습니다.",
        "zh | 猫坐在垫子上，看着花园里飞翔的小鸟。",
        "ja | 猫はマットの上に座っています。",
        "la | Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam Aquitani,"
            + " tertiam qui ipsorum lingua Celtae, nostra Galli appellantur. Hi omnes lingua,"
            + " institutis, legibus inter se differunt.",
      })
  void a_sentence_is_known_by_its_code(String code, String text) {
    assertThat(Language.of(text).map(Language.Guess::code)).hasValue(code);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Hello",
        "Yes.",
        "I must admit it.",
        "Samsung, Apple, Huawei, Xiaomi, Nokia",
        "1. Apples 2. Oranges 3. Bananas",
        "3 + 4 * 5 = 23, 17 / 2 = 8.5, 99 - 1 = 98",
        "{\"name\": \"John\", \"age\": 31, \"city\": \"New York\"}",
        "for (int i = 0; i < n; i++) { sum += a[i]; } return sum;",
        "```python\nprint('the quick brown fox jumps over the lazy dog and goes home')\n```",
        "https://example.org/the/quick/brown/fox/jumps/over/the/lazy/dog/and/then/goes/home",
        "Привет, как дела? Hello, how are you? Все хорошо. Fine, thanks a lot.",
      })
  void what_is_short_code_numbers_or_mixed_has_no_language(String text) {
    assertThat(Language.of(text)).isEmpty();
  }

  @Test
  void indonesian_and_malay_do_not_cancel_each_other() {
    String text = "Kucing itu duduk di atas tikar dan melihat burung-burung terbang di taman.";
    assertThat(Language.of(text).map(Language.Guess::code).orElse("")).isIn("id", "ms");
  }

  @Test
  void only_the_beginning_counts() {
    String english = "The cat sits on the mat and looks at the birds in the garden. ".repeat(20);
    String german = "Die Katze sitzt auf der Matte und schaut den Vögeln zu. ".repeat(200);
    assertThat(Language.of(english + german)).isEqualTo(Language.of(english));
  }

  @Test
  void threads_agree() {
    List<String> texts =
        List.of(
            "Le chat est assis sur le tapis et regarde les oiseaux du jardin.",
            "De kat zit op de mat en kijkt naar de vogels die in de tuin vliegen.");
    List<Optional<Language.Guess>> alone = texts.stream().map(Language::of).toList();
    List<Optional<Language.Guess>> together =
        IntStream.range(0, 400).parallel().mapToObj(i -> Language.of(texts.get(i % 2))).toList();
    assertThat(together).containsOnlyElementsOf(alone);
    assertThat(together.get(0)).isEqualTo(alone.get(0));
    assertThat(together.get(399)).isEqualTo(alone.get(1));
  }

  @Test
  void a_code_has_a_name() {
    assertThat(Language.name("de")).isEqualTo("German");
  }
}

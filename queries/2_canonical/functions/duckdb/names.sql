-- Names of customers as people write them, made comparable.

-- A half-width katakana sign and the voice mark behind it, which is a character of its own, as one sign.
create or replace macro one_sign(name, mark, signs, voiced_signs) as array_to_string(
    list_transform(
        regexp_extract_all(name, '[^' || mark || ']*' || mark || '?'),
        lambda part: case
            when contains(part, mark)
                then
                    substr(part, 1, length(part) - 2)
                    || translate(substr(part, length(part) - 1, 1), signs, voiced_signs)
            else part
        end
    ),
    ''
);

-- Half-width katakana as full-width katakana.
create or replace macro whole_katakana(name) as translate(
    one_sign(
        one_sign(name, 'ﾞ', 'ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎｳ', 'ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ'),
        'ﾟ', 'ﾊﾋﾌﾍﾎ', 'パピプペポ'
    ),
    'ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｬｭｮｯｰ',
    'アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォャュョッー'
);

-- Full-width letters, digits and brackets as the plain ones; half-width katakana as full-width.
create or replace macro half_width(name) as translate(
    case when regexp_matches(name, '[ｦ-ﾟ]') then whole_katakana(name) else name end,
    '　＇（）．０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ',
    ' ''().0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
);

-- Small letters without accents, Arabic letters that writers use for each other as one, all digits as 0 to 9.
create or replace macro bare_letters(name) as translate(
    name,
    'àáâãäåāăąçćčďđèéêëēėęěğģìíîïīįıķľļłñńňņòóôõöøōőŕřśšşșťţțùúûüūůűųýÿźžż'
    || 'أإآٱؤئىةیک٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹',
    'aaaaaaaaacccddeeeeeeeeggiiiiiiiklllnnnnoooooooorrsssstttuuuuuuuuyyzzz'
    || 'ااااوييهيك01234567890123456789'
);

-- A name in small letters of one width and without accents; dots, apostrophes and invisible characters go.
create or replace macro small_letters(name) as regexp_replace(
    replace(replace(replace(bare_letters(lower(half_width(name))), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
    '[.''’‘`´·ـ\x{00AD}\x{0300}-\x{036F}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}\x{FEFF}]', '', 'g'
);

-- Legal forms that scripts without spaces join to the name, or that are one sign.
create or replace macro without_joined_forms(name) as regexp_replace(
    name,
    '\((株|有|同|資|名|주|유)\)|[㈱㈲㈜]|(株式|有限|合同|合資|合名)(会社|會社)|(股份|私人)?有限(责任|責任)?公司'
    || '|주식회사|유한회사|บริษัท|จำกัด|\(มหาชน\)',
    ' ', 'g'
);

-- Words with one space around each.
create or replace macro spaced_words(name) as
' ' || trim(regexp_replace(name, '[^\p{L}\p{M}\p{N}]+', ' ', 'g')) || ' ';

-- Legal forms go wherever they stand when they can be nothing else, the others at the end or the beginning alone.
create or replace macro without_legal_forms(words) as trim(
    regexp_replace(
        regexp_replace(
            regexp_replace(
                words,
                ' ((pte|pvt|private limited|pty|ltd|l t d|limited|sdn|bhd|berhad|sendirian|inc|incorporated|corp'
                || '|corporation|l ?l ?c|l ?l ?p|pllc|p ?l ?c|g ?m ?b ?h|kgaa|ohg|gbr|srls?|s r l|s ?a ?r ?l|sasu|eurl'
                || '|ltda|lda|eireli|sa de cv|s a de c v|s de rl de cv|s de rl|ltd sti|sp z ?o ?o|s r o|sro|d o o|doo'
                || '|kft|zrt|oyj|aps|tbk|tnhh|w ?l ?l'
                || '|fzco|fz llc|fze|fzc|pjsc|ojsc|jsc|ооо|оао|зао|пао|ذ ?م ?م|ش ?ذ ?م ?م|ش ?م ?ل|ش ?م ?م|ش ?م ?ع'
                || '|ش ?م ?ك|ش ?ش ?و|م ?م ?ح|المحدوده) )+',
                ' ', 'g'
            ),
            '( (and |und |et |y )?(co|company|cie|a ?g|s ?a|s ?a ?s|s ?p ?a|s ?l|slu|s ?n ?c|n ?v|b ?v|bvba|a ?b|a ?s'
            || '|asa|o ?y|k ?k|mbh|ug( haftungsbeschrankt)?|uab|ooo|k ?s ?c|q ?s ?c'
            || '|kabushiki kaisha|godo kaisha|g ?k|y ?k|k ?g|e ?k|e ?v|s ?e|l ?p|p ?t|c ?v|ао|ип))+ $',
            ' '
        ),
        '^ ((the|messrs|pt|cv|ud|uab|ooo|شركه|موسسه|ао|ип) )+',
        ' '
    )
);

-- A customer's name without what people write differently: case, width, accents, punctuation, legal form, and the
-- order of its words. A name that is nothing but a legal form is kept.
create or replace macro plain_name(name) as array_to_string(
    list_sort(
        string_split(
            coalesce(
                nullif(without_legal_forms(spaced_words(without_joined_forms(small_letters(name)))), ''),
                trim(spaced_words(small_letters(name)))
            ),
            ' '
        )
    ),
    ' '
);

-- The numbers in a plain name, in order, without leading zeros: branch 2 is not branch 3.
create or replace macro numbers_in(plain) as trim(
    regexp_replace(regexp_replace(plain, '[^0-9]+', ' ', 'g'), '(^| )0+([0-9])', '\1\2', 'g')
);

-- A tax number without case, width and punctuation; null where it says nothing: no digit in it, or one digit over and
-- over.
create or replace macro plain_tax_id(tax_id) as case
    when
        regexp_matches(half_width(tax_id), '[1-9]')
        and not regexp_matches(regexp_replace(half_width(tax_id), '[^0-9]+', '', 'g'), '^(1{4,}|9{4,})$')
        then upper(regexp_replace(half_width(tax_id), '[^\p{L}\p{N}]+', '', 'g'))
end;

-- A text in ASCII signs that stand for the letters given, one each.
create or replace macro in_signs(text, letters) as translate(
    text,
    letters,
    '!"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~'
);

-- The letters of a text, each once.
create or replace macro letters_of(text) as array_to_string(list_distinct(string_split(text, '')), '');

-- How alike two texts are, from 0 to 1 (Jaro-Winkler). The engine's own measure counts bytes, which are characters in
-- plain ASCII alone; other texts are first written in signs of ASCII that stand for their letters. To find the letters
-- that come more than once takes longer than all else, and is needed only where there are more letters than signs.
create or replace macro alike(a, b) as cast(
    case
        when strlen(a) = length(a) and strlen(b) = length(b) then jaro_winkler_similarity(a, b)
        when length(a || b) <= 94 then jaro_winkler_similarity(in_signs(a, a || b), in_signs(b, a || b))
        else jaro_winkler_similarity(in_signs(a, letters_of(a || b)), in_signs(b, letters_of(a || b)))
    end as decimal(10, 9)
);

-- The words of one plain name that another does not have.
create or replace macro words_apart(a, b) as array_to_string(
    list_filter(string_split(a, ' '), lambda word: not list_contains(string_split(b, ' '), word)), ' '
);

-- A plain name without its numbers.
create or replace macro words_in(plain) as trim(regexp_replace(plain, '[0-9 ]+', ' ', 'g'));

-- Names as alike as `wanted` (Jaro-Winkler; Winkler 1990) have most letters in common. Of n and k letters they share m,
-- and (m/n + m/k + 1) / 3 is no less than wanted, or than what the first letters leave to be reached, a tenth of the
-- rest for each of up to four that are the same: (wanted - 0.1) / 0.9 for one. So n + k - 2m letters are apart at most,
-- one of these steps.
create or replace macro apart_at(step) as [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512][step];

-- The letters of a name in order, dealt out into as many bags as letters may be apart and two more: so at least two
-- bags are the same in both names. For each step that a name may need, from the least to the most letters that one as
-- alike can have otherwise.
create or replace macro letter_bags(plain, wanted) as list_transform(
    list_filter(
        range(1, 19),
        lambda step: apart_at(step) >= floor(
            length(plain) * (1.5 - 1.5 * (cast(wanted as double) - 0.1) / 0.9)
            * (3 * (cast(wanted as double) - 0.1) / 0.9 - 1) - 0.00001
        )
        and coalesce(apart_at(step - 1), -1) < floor(
            length(plain) / greatest(0.01, 3 * (cast(wanted as double) - 0.1) / 0.9 - 2) - length(plain) + 0.00001
        )
    ),
    lambda step: list_transform(
        range(0, apart_at(step) + 2),
        lambda place: array_to_string(
            list_filter(
                list_sort(string_split(plain, '')), lambda letter: unicode(letter) % (apart_at(step) + 2) = place
            ),
            ''
        )
    )
);

-- What two alike plain names have in common: their first two letters, or two bags of one step. Only names that share
-- one of these need be compared; where little likeness is asked for, all.
create or replace macro likeness_keys(plain, bags, wanted) as case
    when cast(wanted as double) < 0.75 then ['all']
    else list_append(
        flatten(
            list_transform(
                bags,
                lambda dealt: list_transform(
                    list_filter(
                        range(0, len(dealt) * len(dealt)), lambda two: two // len(dealt) < two % len(dealt)
                    ),
                    lambda two: concat_ws(
                        ' ', len(dealt), two, dealt[two // len(dealt) + 1], dealt[two % len(dealt) + 1]
                    )
                )
            )
        ),
        'begins ' || substr(plain, 1, 2)
    )
end;

-- Which letters a name has, a bit for each; letters may share one.
create or replace macro letter_bits(plain) as list_aggregate(
    list_transform(string_split(plain, ''), lambda letter: cast(1 as bigint) << (unicode(letter) % 62)), 'bit_or'
);

-- Whether two names of so many letters may be as alike as `wanted`, by their bits: a bit that only one has is a letter
-- apart. With four first letters the same (wanted - 0.4) / 0.6 is left to be reached.
create or replace macro may_be_alike(bits, letters, other_bits, other_letters, wanted) as
bit_count(xor(bits, other_bits)) * (letters + other_letters) <= 0.00001
+ (1.5 - 1.5 * (cast(wanted as double) - 0.4) / 0.6) * (letters + other_letters) * (letters + other_letters)
+ (1.5 * (cast(wanted as double) - 0.4) / 0.6 - 0.5) * (letters - other_letters) * (letters - other_letters);

"""Texts that do harm where somebody executes, renders, opens or splits what he is given."""

from dataclasses import dataclass
from pathlib import Path

# What a template engine makes of the sums below; in no answer of a service that only reads.
PRODUCT = str(7919 * 7923 + 580)


@dataclass(frozen=True, slots=True)
class Bait:
    """Where it would show that something was executed."""

    folder: Path
    """Empty, and stays so."""
    port: int
    """Nobody connects to it."""

    @property
    def file(self) -> str:
        return str(self.folder / "executed")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/asked"


def sql(bait: Bait) -> list[str]:
    ends = ("'", '"', "')", "' --", "1", "1)", "\\'", "%27", "’", "'||'")
    deeds = (
        f"COPY (SELECT 1) TO PROGRAM 'touch {bait.file}'",
        f"COPY (SELECT 1) TO '{bait.file}'",
        "CREATE TABLE hostile_was_here (a int)",
        "DROP TABLE predictions_prediction",
        "DELETE FROM auth_user",
        "UPDATE modelregistry_modelversion SET is_active = false",
        "SELECT pg_sleep(40)",
    )
    joined = [f"{end}; {deed}; --" for end in ends for deed in deeds]
    return [
        *joined,
        *(f"{end} OR 1=1" for end in ends),
        *(f"{end} UNION SELECT usename, passwd FROM pg_shadow --" for end in ends),  # noqa: S608
        "' AND 1=(SELECT 1 FROM pg_sleep(40)) --",
        "$$; SELECT pg_sleep(40); $$",
        "%(x)s",
        "%s%s%s%n",
        "{0.__class__.__init__.__globals__}",
        "__import__('os').system('id')",
        "predictor__in",
        "'; SET ROLE postgres; --",
    ]


def templates(bait: Bait) -> list[str]:
    total = "7919*7923+580"
    return [
        f"{{{{ {total} }}}}",
        f"{{% if 1 %}}{{{{ {total} }}}}{{% endif %}}",
        "{{7919|multiply:7923}}",
        "{{ request.META }}",
        "{{ settings.SECRET_KEY }}",
        "{% load static %}{% debug %}",
        "{% include '/etc/passwd' %}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        f"{{{{ cycler.__init__.__globals__.os.popen('touch {bait.file}').read() }}}}",
        f"${{{total}}}",
        f"#{{{total}}}",
        f"<%= {total} %>",
        f"@({total})",
        f"[[${{{total}}}]]",
        f"*{{{total}}}",
        f"${{jndi:ldap://127.0.0.1:{bait.port}/a}}",
        f"${{${{lower:j}}ndi:rmi://127.0.0.1:{bait.port}/a}}",
        f"<script>fetch('{bait.url}')</script>",
        f"<img src=x onerror=fetch('{bait.url}')>",
        f"javascript:fetch('{bait.url}')",
        "<svg/onload=alert(1)>",
        "</script><script>alert(1)</script>",
        f'<!DOCTYPE a [<!ENTITY b SYSTEM "{bait.url}">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    ]


def commands(bait: Bait) -> list[str]:
    deed = f"touch {bait.file}"
    return [
        *(f"{sign}{deed}" for sign in (";", "|", "||", "&", "&&", "\n", "\r\n", "`", "$(")),
        f"`{deed}`",
        f"$({deed})",
        f";{deed};",
        f"() {{ :;}}; {deed}",
        f"__import__('os').system('{deed}')",
        f"!!python/object/apply:os.system ['{deed}']",
        f"cos\nsystem\n(S'{deed}'\ntR.",
        f"eval(compile('import os; os.system(\"{deed}\")', 'a', 'exec'))",
        f"lambda: open('{bait.file}', 'w')",
        f"@os.system('{deed}')",
        f"-oProxyCommand={deed}",
        f"curl {bait.url}",
        bait.url,
        f"gopher://127.0.0.1:{bait.port}/_a",
        f"file://{bait.file}",
    ]


def paths() -> list[str]:
    up = ("../", "..\\", "..%2f", "%2e%2e/", "..%252f", "....//", "..;/", "%c0%ae%c0%ae/", "．．／")
    wanted = ("etc/passwd", "manage.py", "housing_api/settings.py", "var/secret_key")
    return [
        *(f"{step * depth}{file}" for step in up for depth in (1, 4) for file in wanted),
        "/etc/passwd",
        "//etc/passwd",
        "file:///etc/passwd",
        "C:\\Windows\\win.ini",
        "\\\\127.0.0.1\\share",
        ".",
        "..",
        "...",
        "~",
        "/proc/self/environ",
        "/dev/zero",
        "CON",
        "a" * 255,
        "a/" * 100,
    ]


def unicode_texts() -> list[str]:
    """As text that UTF-8 can hold; `bodies` has the bytes that are none."""
    return [
        "\x00",
        "98118\x00",
        "\x01\x02\x1f\x7f",
        "\u202e98118",
        "\u200b98118",
        "\ufeff98118",
        "９８１１８",
        "٩٨١١٨",
        "۹۸۱۱۸",
        "𝟗𝟖𝟏𝟏𝟖",
        "9\u03418118",
        "ﬃ",
        "ſ",
        "İ",
        "ß",
        "K",
        "Å",
        "Å",
        "e" + "\u0301" * 2000,
        "Z̸̧̢" * 300,
        "\ud7ff\ue000\uffff",
        "\U0010ffff",
        "👨‍👩‍👧‍👦" * 100,
        "ﷺ" * 1000,
        "\u2028\u2029",
        "\x85",
        "\xa0",
        "\u00ad",
        "a" * 60_000,
        "🏠" * 10_000,
    ]


def numbers() -> list[str]:
    """As they stand in JSON."""
    return [
        *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e-999", "-0", "-0.0", "0x10"),
        *("1_000", "01", "+1", ".5", "5.", "1e", "1e+", "--1", "1.2.3", "٣", "1e5", "1E400"),
        *("9" * 19, "9" * 400, "9" * 5000, "-" + "9" * 5000, "0." + "1" * 5000, "1e" + "9" * 300),
        *("2147483648", "9223372036854775808", "18446744073709551616", "-9223372036854775809"),
        *("1.7976931348623157e308", "5e-324", "4.9e-325", "0.1e1", "1e00000000000000000001"),
        *("true", "false", "null", '""', "[]", "{}", "[[]]", '{"a":1}', '"1"', '" 1 "', "'1'"),
    ]


def lines(bait: Bait) -> list[str]:
    """For logs and headers."""
    forged = '{"event": "forged", "level": "critical"}'
    return [
        f"\n{forged}",
        f"\r\n{forged}",
        f"\r{forged}",
        f"\u2028{forged}",
        f"\x85{forged}",
        f"\x0b{forged}",
        f"\x0c{forged}",
        f"%0d%0a{forged}",
        "\r\nX-Hostile: 1",
        "\nX-Hostile: 1",
        "%0d%0aX-Hostile:%201",
        "%E5%98%8A%E5%98%8DX-Hostile: 1",
        "\r\n\r\n<script>alert(1)</script>",
        "\x1b[2J\x1b[31mforged",
        "\x1b]0;forged\x07",
        "\x9b31m",
        "\b\b\b\bforged",
        "a" * 5000,
        "%s %d %n {event} %(event)s",
    ]


def formulas(bait: Bait) -> list[str]:
    deed = f"cmd|'/C touch {bait.file}'!A0"
    return [
        *(
            f"{sign}{deed}"
            for sign in ("=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠")
        ),
        f'=HYPERLINK("{bait.url}","open")',
        f'=WEBSERVICE("{bait.url}")',
        f'=IMPORTXML("{bait.url}","//a")',
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(1,1)",
        '"=1+1"',
        "'=1+1",
        " =1+1",
        ";=1+1",
        '=DDE("cmd";"/C calc";"a")',
        "-2+3+" + deed,
    ]


def texts(bait: Bait) -> dict[str, list[str]]:
    """By category."""
    return {
        "SQL": sql(bait),
        "templates": templates(bait),
        "commands": commands(bait),
        "paths": paths(),
        "unicode": unicode_texts(),
        "headers and logs": lines(bait),
        "formulas": formulas(bait),
    }

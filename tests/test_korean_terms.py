"""Korean words that are out: each term has one name, which CONTRIBUTING's table gives."""

import re
from pathlib import Path

import nbformat
import pytest
from words_files import ENTRIES

ROOT = Path(__file__).parents[1]
# What is out, as a pattern, and what is said instead.
OUT = {
    "탐욕": "그리디 서치",
    "어휘 집합": "어휘사전",
    "벌점": "페널티",
    "텍스트 끝 토큰": "종료 토큰(EOS)",
    "인과적": "인과 언어 모델",
    "다시 정규화": "재정규화",
    "최소 p": "min-p",
    "최적화기": "옵티마이저",
    "단추": "버튼",
    "까닭": "이유",
    "물음(?!표)": "질문",
    "견주|견준|견줄|견줍": "비교하다",
    "돌려(주|준|줄|줍|줘)": "반환하다",
    "(?<!인코더-)디코더": "디코딩 방법",
    "가장 (유력한|그럴듯한) 토큰": "확률이 가장 높은 토큰",
    r"(?<!, )놀람(?!\))": "서프라이절",
    "십시오": "-세요",
    r"\d %": "90%, without a space",
    r"\d[GM]B": "2 GB, with a space",
    "나무(?!꾼)": "트리",
    ", 곧 ": ", 즉",
    r"니까\?": "-까요?",
    "surprisal, 서프라이절": "surprisal, 놀람도",
    "값이 (싸|쌉)|값을 (덜 )?치": "서프라이절이 낮다, 높다",
    "다시 읽을 수 있": "코드로 꺼내 볼 수 있다",
    "낱말": "단어",
    "번째 줄": "{line}행",
    "파라미터": "매개변수",
    "출력층": "출력 헤드",
    "레이어 (정규화|놈|노름)|층정규화": "층 정규화",
    "쿼리|주의 집중": "질의, 어텐션",
    "절제 실험": "제거 실험",
}


def texts() -> dict[str, str]:
    """Everything that a Korean reader sees, by where it stands."""
    found = {key: entry["ko"] for key, entry in ENTRIES.items()}
    found |= {path.name: path.read_text("utf8") for path in (ROOT / "README.ko.md", *ROOT.glob("docs/*.ko.md"))}
    for path in sorted((ROOT / "notebooks" / "ko").glob("*.ipynb")):
        cells = nbformat.read(path, nbformat.NO_CONVERT).cells
        found |= {f"{path.stem}#{cell.id}": cell.source for cell in cells}
    return found


def out(text: str) -> list[str]:
    """What in a text is out, with what to say instead."""
    return [f"{pattern} → {instead}" for pattern, instead in OUT.items() if re.search(pattern, text)]


def test_no_term_is_out():
    """One name for each thing, wherever a Korean reader meets it."""
    assert {place: found for place, text in texts().items() if (found := out(text))} == {}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("탐욕 탐색에 벌점을 주십시오.", 3),
        ("그리디 서치에 페널티를 주세요.", 0),
        ("확률 90 %", 1),
        ("인코더-디코더 모델", 0),
        ("가난한 나무꾼이 나무의 뿌리를 보았습니까?", 2),
        ("그림 뒤의 값은 다시 읽을 수 있습니다, 곧 2GB입니다.", 3),
        ("은닉 벡터, 출력 헤드, 층 정규화, 질의와 키, 2 GB", 0),
    ],
)
def test_terms_that_are_out_are_found(text, number):
    """Planted: old terms, an old ending, a space before a per cent sign."""
    assert len(out(text)) == number

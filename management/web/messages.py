"""The sentences of the API, by rule, in English and in Vietnamese; wording and rule names follow Laravel.

To add a rule: one line here, and raise it by name (`Invalid.of("field", "rule", max=3)`).

Source:
    Zorio's document (the sentence of `exists`, to the letter); laravel/framework and Laravel-Lang for the others.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from management.errors import Broken

_EN, _VI = "en", "vi"

MESSAGES: Final[Mapping[str, tuple[str, str]]] = {
    "array": ("The :attribute field must be an array.", "Trường :attribute phải là dạng mảng."),
    "object": ("The :attribute field must be an object.", "Trường :attribute phải là một đối tượng."),
    "boolean": ("The :attribute field must be true or false.", "Trường :attribute phải là true hoặc false."),
    "integer": ("The :attribute field must be an integer.", "Trường :attribute phải là một số nguyên."),
    "string": ("The :attribute field must be a string.", "Trường :attribute phải là một chuỗi ký tự."),
    "required": ("The :attribute field is required.", "Trường :attribute không được bỏ trống."),
    "prohibited": ("The :attribute field is prohibited.", "Trường :attribute bị cấm."),
    "distinct": ("The :attribute field has a duplicate value.", "Trường :attribute có giá trị trùng lặp."),
    "date": (
        "The :attribute field must be a date and time with an offset (RFC 3339).",
        "Trường :attribute phải là ngày giờ có múi giờ (RFC 3339).",
    ),
    "day": (
        "The :attribute field must be a date as 2026-12-31.",
        "Trường :attribute phải là ngày dạng 2026-12-31.",
    ),
    "after_or_equal": (
        "The :attribute field must be a date after or equal to :date.",
        "Trường :attribute phải là thời gian bắt đầu sau hoặc đúng bằng :date.",
    ),
    "before_or_equal": (
        "The :attribute field must be a date before or equal to :date.",
        "Trường :attribute phải là thời gian bắt đầu trước hoặc đúng bằng :date.",
    ),
    "after": ("The :attribute field must be after :other.", "Trường :attribute phải sau :other."),
    "overlaps": ("The :attribute field overlaps with :other.", "Trường :attribute bị trùng với :other."),
    "confusable": (
        "The :attribute field can't be told apart from :other.",
        "Không thể phân biệt trường :attribute với :other.",
    ),
    "digits_between": (
        "The :attribute field must be between :min and :max digits.",
        "Độ dài của trường :attribute phải nằm trong khoảng :min và :max chữ số.",
    ),
    "reserved": (
        "The :attribute is a name that the switches keep for themselves.",
        "Giá trị của :attribute được dành riêng cho tổng đài.",
    ),
    "domain": ("The :attribute field must be a valid host name.", "Trường :attribute phải là một tên miền hợp lệ."),
    "email": (
        "The :attribute field must be a valid email address.",
        "Trường :attribute phải là một địa chỉ email hợp lệ.",
    ),
    "emergency": (
        "The :attribute is reserved for emergency calls.",
        "Giá trị của :attribute được dành riêng cho cuộc gọi khẩn cấp.",
    ),
    "mixed": (
        "The :attribute field must contain a digit, an upper-case and a lower-case letter.",
        "Trường :attribute phải có chữ số, chữ hoa và chữ thường.",
    ),
    "exists": ("The selected :attribute is invalid.", "Giá trị đã chọn cho :attribute không hợp lệ."),
    "in": ("The selected :attribute is invalid.", "Giá trị đã chọn cho :attribute không hợp lệ."),
    "ipv4": (
        "The :attribute field must be a valid IPv4 address.",
        "Trường :attribute phải là một địa chỉ IPv4 hợp lệ.",
    ),
    "in_use_by": ("The :attribute is in use by :users.", "Trường :attribute đang được sử dụng bởi :users."),
    "mobile_missing": (
        "The :attribute needs the mobile number of the extension, which has none.",
        "Trường :attribute cần số di động của máy nhánh, nhưng máy nhánh chưa có.",
    ),
    "no_queue": (
        "The :attribute is for extensions that serve a queue; this one serves none.",
        "Trường :attribute dành cho máy nhánh phục vụ hàng đợi; máy nhánh này không phục vụ hàng đợi nào.",
    ),
    "not_failed": (
        "The :attribute is not failed: there is nothing to try again.",
        "Trường :attribute không phải là thất bại: không có gì để thử lại.",
    ),
    "cidr": (
        "The :attribute field must be a network in CIDR notation, without host bits and not too wide.",
        "Trường :attribute phải là một mạng theo ký hiệu CIDR, không có bit máy và không quá rộng.",
    ),
    "default_password": (
        "The :attribute must not be the default one on a switch that others can reach.",
        "Trường :attribute không được là mật khẩu mặc định trên máy mà người khác có thể truy cập.",
    ),
    "sound": (
        "The :attribute must be a WAV file (PCM, A-law or mu-law, mono or stereo, 8 to 48 kHz) or an MP3 file.",
        "Trường :attribute phải là tệp WAV (PCM, A-law hoặc mu-law, mono hoặc stereo, 8 đến 48 kHz) hoặc tệp MP3.",
    ),
    "timezone": ("The :attribute field must be a valid timezone.", "Trường :attribute phải là một múi giờ hợp lệ."),
    "between.numeric": (
        "The :attribute field must be between :min and :max.",
        "Trường :attribute phải nằm trong khoảng :min - :max.",
    ),
    "max.array": (
        "The :attribute field must not have more than :max items.",
        "Trường :attribute không được lớn hơn :max phần tử.",
    ),
    "max.file": (
        "The :attribute field must not be greater than :max kilobytes.",
        "Dung lượng của :attribute không được lớn hơn :max kB.",
    ),
    "max.numeric": (
        "The :attribute field must not be greater than :max.",
        "Trường :attribute không được lớn hơn :max.",
    ),
    "max.seconds": (
        "The :attribute must not be longer than :max seconds.",
        "Trường :attribute không được dài hơn :max giây.",
    ),
    "max.string": (
        "The :attribute field must not be greater than :max characters.",
        "Trường :attribute không được lớn hơn :max ký tự.",
    ),
    "min.array": (
        "The :attribute field must have at least :min items.",
        "Trường :attribute phải có tối thiểu :min phần tử.",
    ),
    "min.numeric": ("The :attribute field must be at least :min.", "Trường :attribute phải tối thiểu là :min."),
    "min.string": (
        "The :attribute field must be at least :min characters.",
        "Trường :attribute phải có tối thiểu :min ký tự.",
    ),
    "printable": (
        "The :attribute field must not contain control characters.",
        "Trường :attribute không được chứa ký tự điều khiển.",
    ),
    "regex": ("The :attribute field format is invalid.", "Trường :attribute có định dạng không hợp lệ."),
    "safe_text": (
        "The :attribute field contains text that is not allowed.",
        "Trường :attribute chứa nội dung không được phép.",
    ),
    "ambiguous": (
        "The :attribute is that of more than one extension: name the number.",
        "Trường :attribute thuộc về nhiều hơn một máy nhánh: hãy nêu số máy nhánh.",
    ),
    "unique": ("The :attribute has already been taken.", "Trường :attribute đã có trong cơ sở dữ liệu."),
    "changed_meanwhile": (
        "Somebody changed the same thing at this moment. Please try again.",
        "Dữ liệu vừa được thay đổi bởi một yêu cầu khác. Vui lòng thử lại.",
    ),
}
"""Rule -> (English, Vietnamese). `:attribute` is the name of the field, other words with a colon are parameters."""

INVALID: Final[Mapping[str, str]] = {
    _EN: "The given data was invalid.",
    _VI: "Dữ liệu đã cho không hợp lệ.",
}
UNAVAILABLE: Final[Mapping[str, str]] = {
    _EN: "The service is not available at the moment. Nothing was changed; please try again.",
    _VI: "Dịch vụ tạm thời không khả dụng. Chưa có gì thay đổi; vui lòng thử lại.",
}
UNCONFIRMED: Final[Mapping[str, str]] = {
    _EN: "The change could not be confirmed everywhere yet. Read the object before you try again.",
    _VI: "Thay đổi chưa được xác nhận ở mọi nơi. Hãy đọc lại đối tượng trước khi thử lại.",
}
TOO_MANY: Final[Mapping[str, str]] = {
    _EN: "Too many requests. Retry after :seconds seconds.",
    _VI: "Quá nhiều yêu cầu. Thử lại sau :seconds giây.",
}


def sentence(field: str, broken: Broken, language: str) -> str:
    """What is wrong with `field`, in `language`; its name is written with blanks, as Laravel does."""
    words = {"attribute": field.replace("_", " "), **{name: str(value) for name, value in broken.parameters.items()}}
    text = MESSAGES[broken.rule][1 if language == _VI else 0]
    for name, value in words.items():
        text = text.replace(f":{name}", value)
    return text


def language_of(accepted: Iterable[str], of_tenant: str | None) -> str:
    """The heavier one of "en" and "vi" in Accept-Language; neither is there: the tenant's, else English."""
    weighed = sorted(
        (_weight(item) for value in accepted for item in value.split(",")), key=lambda pair: pair[1], reverse=True
    )
    for tag, weight in weighed:
        language = tag.split("-")[0]
        if weight > 0 and language in {_EN, _VI}:
            return language
    return of_tenant or _EN


def _weight(item: str) -> tuple[str, float]:
    tag, _, parameter = item.strip().lower().partition(";")
    name, _, value = parameter.strip().partition("=")
    try:
        return tag.strip(), float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return tag.strip(), 0.0

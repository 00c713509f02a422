"""Names, streets and towns that made-up people have: many scripts and habits of naming, as in the state's schools."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Naming:
    """People who share a habit of naming: its share of all, first names, last names, and what goes with it."""

    share: int
    female: tuple[str, ...]
    male: tuple[str, ...]
    last: tuple[str, ...]
    races: tuple[str, ...] = ("2106-3",)
    ethnicity: str = "2186-5"
    language: str = "en"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FEMALE = _words(
    "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Sandra Margaret Ashley "
    "Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Sharon Laura Cynthia Dorothy Amy "
    "Kathleen Angela Shirley Emma Brenda Pamela Nicole Anna Samantha Katherine Christine Debra Rachel Carolyn Janet "
    "Ruth Maria Olivia Heather Helen Diane Julie Joyce Victoria Kelly Christina Lauren Joan Evelyn Judith Andrea "
    "Hannah Megan Cheryl Jacqueline Martha Madison Teresa Gloria Sara Janice Ava Zoë Renée Mary-Beth Jo-Ann"
)
_MALE = _words(
    "James Robert John Michael David William Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark "
    "Donald Steven Andrew Paul Joshua Kenneth Kevin Brian Timothy Ronald George Jason Edward Jeffrey Ryan Jacob Gary "
    "Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Patrick Frank Raymond "
    "Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Douglas Zachary Peter Kyle Noah Ethan Jeremy Walter "
    "Christian Keith Roger Terry Austin Sean Gerald Carl Harold Dylan Arthur Lawrence Jordan Jesse D'Andre Jean-Luc"
)

NAMINGS = (
    Naming(46, _FEMALE, _MALE, _words(
        "Smith Johnson Williams Brown Jones Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White Harris "
        "Martin Thompson Robinson Clark Lewis Walker Hall Allen Young King Wright Scott Hill Green Adams Baker Nelson "
        "Carter Mitchell Roberts Turner Phillips Campbell Parker Evans Edwards Collins Stewart Morris Rogers Reed Cook "
        "Bell Murphy Bailey Cooper Richardson Cox Howard Ward Peterson Gray Watson Brooks Kelly Sanders Price Bennett "
        "Wood Barnes Ross Henderson Coleman Jenkins Perry Powell Long Patterson Hughes Flores Butler O'Neal McLeod "
        "St.Clair Ng Lee-Hughes MacDonald Van-Dyke Swain Efird Honeycutt Yarborough Ragsdale"
    )),
    Naming(20, _words("Keisha Latoya Imani Aaliyah Ebony Tanisha Nia Kiara Denise Yolanda Shanice Monique Zora Ella"),
           _words("Jamal Malik Darnell Tyrone Andre Marcus Isaiah Xavier Terrence Reginald Elijah Langston Cedric"),
           _words("Washington Jefferson Booker Freeman Gaines Mebane McNeill Alston Cheek Faison Bethea Pettiford "
                  "Boykin Sumpter Gadsden Simmons Womack Graves Enoch"), ("2054-5",)),
    Naming(16, _words("María Guadalupe Ana Sofía Camila Valentina Lucía Rosa Xóchitl Carmen Ximena Isabel Dulce Inés"),
           _words("José Luis Juan Carlos Jesús Miguel Ángel Diego Alejandro Santiago Iñaki Raúl Fernando Óscar"),
           ("García Márquez", "Hernández", "López", "Martínez", "González", "Rodríguez", "Pérez", "Sánchez", "Ramírez",
            "Muñoz", "Peña", "Núñez", "de la Cruz", "Ortiz Vázquez", "Güereña", "Ibáñez"),
           ("2106-3",), "2135-2", "es"),
    Naming(3, _words("Heather Savannah Kayla Destiny Mahala Leigh"), _words("Hunter Dakota Colt Levi Dalton Waylon"),
           _words("Locklear Oxendine Lowry Hunt Chavis Dial Sampson Squirrel Crowe Youngdeer"), ("1002-5",)),
    Naming(3, _words("Mai Pa Yer Bao Kia See"), _words("Tou Chue Xeng Pao Yia Kong"),
           _words("Vang Yang Xiong Her Moua Lor"), ("2028-9",), language="other"),
    Naming(2, _words("Hồng Thúy Phương Ngọc Trâm"), _words("Minh Đức Tuấn Hùng Bảo"),
           _words("Nguyễn Trần Lê Phạm Đặng"), ("2028-9",), language="other"),
    Naming(2, _words("Zofia Małgorzata Łucja Živa Şebnem"), _words("Paweł Grzegorz Łukasz Jiří İlker"),
           _words("Wójcik Kowalczyk Dvořák Žižka Öztürk")),
    Naming(1, _words("Анна Ольга Екатерина Юлія"), _words("Иван Дмитрий Сергей Олексій"),
           _words("Иванова Петренко Кузнецов Шевченко"), language="other"),
    Naming(1, _words("Ελένη Μαρία Δήμητρα"), _words("Γιώργος Νίκος Κωνσταντίνος"),
           _words("Παπαδόπουλος Οικονόμου Ηλιάδης")),
    Naming(1, _words("فاطمة مريم نور"), _words("محمد أحمد يوسف"), _words("حسن العلي إبراهيم"),
           ("UNK",), language="other"),
    Naming(1, _words("王芳 秀英 静"), _words("伟 志强 建国"), _words("王 李 张 欧阳"), ("2028-9",), language="other"),
    Naming(1, _words("지우 서연 하은"), _words("민준 서준 도윤"), _words("김 이 박 최"), ("2028-9",), language="other"),
    Naming(1, _words("प्रिया अनन्या लक्ष्मी"), _words("अर्जुन राहुल विक्रम"), _words("शर्मा पटेल सिंह"), ("2028-9",)),
    Naming(1, _words("Leilani Moana Kailani"), _words("Kekoa Keoni Sione"), _words("Kealoha Kahananui Faleolo"),
           ("2076-8",)),
    Naming(1, _words("Amara Naomi Talia Skye"), _words("River Kai Phoenix Micah"),
           _words("Bright-Okafor Rivera-Chen Stone"), ("2054-5", "2106-3")),
)  # fmt: skip

STREETS = _words(
    "Oak Pine Maple Dogwood Magnolia Church Main Elm Mill Depot Academy College Franklin Trade Tryon Glenwood "
    "Hillsborough Market Azalea Longleaf Cardinal Blue-Heron Tobacco-Barn"
)
KINDS_OF_STREET = ("St", "Ave", "Rd", "Ln", "Dr", "Ct")
INDUSTRIES = ("health_care", "education", "food_agriculture", "manufacturing", "transport", "government",
              "public_safety", "grocery", "long_term_care", "other", "other", "other")  # fmt: skip
# town, ZIP, county: around the demo's locations
TOWNS = {
    "37001": (("Burlington", "27215"), ("Graham", "27253"), ("Mebane", "27302"), ("Elon", "27244")),
    "37063": (("Durham", "27701"), ("Durham", "27705"), ("Bahama", "27503")),
    "37129": (("Wilmington", "28401"), ("Wilmington", "28403"), ("Carolina Beach", "28428")),
    "37155": (("Lumberton", "28358"), ("Pembroke", "28372"), ("Red Springs", "28377")),
    "37021": (("Asheville", "28801"), ("Black Mountain", "28711"), ("Weaverville", "28787")),
    "37189": (("Boone", "28607"), ("Blowing Rock", "28605")),
    "37037": (("Siler City", "27344"), ("Pittsboro", "27312")),
    "37183": (("Raleigh", "27601"), ("Cary", "27511"), ("Wake Forest", "27587")),
    "37119": (("Charlotte", "28202"), ("Matthews", "28105"), ("Huntersville", "28078")),
}
AREA_CODES = {"37001": "336", "37063": "919", "37129": "910", "37155": "910", "37021": "828", "37189": "828",
              "37037": "919", "37183": "919", "37119": "704"}  # fmt: skip

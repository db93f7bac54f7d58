"""The roles that users may have. They are kept and returned; nobody signs in here as a user.

Source:
    The roles that a new P-series PBX has. Their ids are our choice.
"""

from typing import Final

NO_ROLE: Final = 0
ROLES: Final = {1: "Administrator", 2: "Supervisor", 3: "Operator", 4: "Employee", 5: "Human Resource", 6: "Accounting"}

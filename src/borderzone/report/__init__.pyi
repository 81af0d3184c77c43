from .folder import (
    STEPS as STEPS,
    check_folder as check_folder,
    write_report as write_report,
)
from .panel.alone import (
    PanelPage as PanelPage,
    panel_page as panel_page,
)
from .public import (
    Edition as Edition,
    edition as edition,
)
from .reading import (
    OpenedResult as OpenedResult,
    open_result as open_result,
)

from .folder import (
    check_folder as check_folder,
    report_steps as report_steps,
    write_report as write_report,
)
from .helper import warm_up as warm_up
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

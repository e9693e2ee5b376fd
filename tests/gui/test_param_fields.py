from PySide6.QtWidgets import QCheckBox, QSlider

from restorer.engine.mode import BoolParam, FloatParam
from restorer.gui.param_fields import SliderChoice, SwitchChoice, make_field
from restorer.gui.params_panel import ParamsPanel
from restorer.modes import MODES
from restorer.settings import Settings

DETAIL = FloatParam("detail", "Detail", 50, 0, 100, ends=("Faithful", "Invented"))


def test_the_slider_gives_the_number_and_says_so(qtbot):
    field = make_field(DETAIL, 30)
    qtbot.addWidget(field)
    assert isinstance(field, SliderChoice)
    assert field.value == 30
    with qtbot.waitSignal(field.value_changed):
        field.findChild(QSlider).setValue(70)
    assert field.value == 70


def test_a_value_out_of_range_is_the_default(qtbot):
    field = make_field(DETAIL, 300)
    qtbot.addWidget(field)
    assert field.value == 50


def test_the_box_is_ticked_as_it_was(qtbot):
    param = BoolParam("agree", "Agree", default=True)
    for value, ticked in ((True, True), (False, False), ("no", True)):
        field = make_field(param, value)
        qtbot.addWidget(field)
        assert isinstance(field, SwitchChoice)
        assert field.value is ticked


def test_the_dial_is_there_for_a_pair_only_and_what_is_chosen_stays(qtbot, tiny_model, tiny_pair):
    models = {"upscale": [tiny_pair.srgan, tiny_model, tiny_pair.faithful]}
    panel = ParamsPanel(MODES, models, Settings())
    qtbot.addWidget(panel)
    panel.findChild(QSlider, "detailSlider").setValue(20)
    panel.findChild(QCheckBox, "agreeChoice").setChecked(False)
    box = panel.findChild(object, "modelBox")
    box.setCurrentIndex(1)
    assert "detail" not in panel.step().params
    assert panel.step().params["agree"] is False
    box.setCurrentIndex(2)
    assert panel.step().params["detail"] == 20
    assert panel.settings(Settings()).values["upscale.detail"] == 20
    assert panel.settings(Settings()).values["upscale.agree"] == 0
